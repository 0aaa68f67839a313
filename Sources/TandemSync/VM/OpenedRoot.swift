import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The steps from a pair's name to an open root whose last batch is finished or tidied.
struct OpenedRoot {
    let root: SyncRoot
    let store: LineageStore
    let shelf: Shelf
    let window: RacyWindow
    let stagedBytes: UInt64
    let freeBytes: UInt64
    private(set) var lineage: LineageState

    init(_ hello: Hello, _ endpoint: ReceiverEndpoint, _ registry: VMPairRegistry) throws {
        let fileSystem = endpoint.fileSystem
        root = try Self.open(endpoint)
        do {
            let pair = hello.pair.bytes
            let starts = hello.newToken != nil
            if hello.purpose == .pair { try registry.register(hello.pair) }
            guard
                let store = try LineageStore(fileSystem: fileSystem, root: root, pair: pair),
                let shelf = try Shelf.open(
                    fileSystem: fileSystem,
                    root: root,
                    pair: pair,
                    time: endpoint.time
                )
            else { throw Failure(.notAllowed, "the root's private area cannot be made") }
            self.store = store
            self.shelf = shelf
            let recovery = try recover(fileSystem: fileSystem, root: root, pair: pair)
            stagedBytes = recovery.stagedBytes
            window = registry.window(of: hello.pair, root)
            freeBytes = try fileSystem.space(of: root.descriptor).free
            lineage = try LineageState(store.load())
            if starts { try start(hello) }
            try endCutBatch(hello.claim, fileSystem)
        } catch {
            fileSystem.close(root.descriptor)
            throw error
        }
    }

    /// Starts a lineage: pairing keeps one that stands, adopting replaces it.
    private mutating func start(_ hello: Hello) throws {
        guard let token = hello.newToken else { return }
        if hello.purpose == .pair, lineage != .none { return }
        let fresh = LineageState.settled(LineagePoint(generation: 0, token: token))
        try store.save(StoredLineage(fresh))
        lineage = fresh
    }

    /// Ends a batch that a crash cut off among its swaps, with what of it stands.
    ///
    /// The laptop takes that into its archive. Else its next edit of the same path would meet a
    /// value that only the vm seems to have written.
    private mutating func endCutBatch(
        _ claim: LineageClaim?,
        _ fileSystem: any FileSystem
    ) throws {
        guard case .begun(let settled, let next) = lineage, claim?.point == settled,
            claim?.intent == next, let planned = store.plannedList()
        else { return }
        let done = try standing(planned, in: root, of: fileSystem)
        guard !done.isEmpty else { return }
        let ended = LineageState.ended(settled, next: next)
        try store.save(StoredLineage(ended), applied: done)
        lineage = ended
    }

    private static func open(_ endpoint: ReceiverEndpoint) throws -> SyncRoot {
        do {
            return try SyncRoot.open(endpoint.settings.root, on: endpoint.fileSystem)
        } catch {
            throw Failure(.wrongRoot, "the root cannot be opened: \(error.reason)")
        }
    }
}

extension StoredLineage {
    init(_ state: LineageState) {
        switch state {
        case .none: self = .none
        case .unreadable: self = .unreadable
        case .settled(let point): self = .settled(Point(point))
        case .begun(let point, let next): self = .begun(Point(point), next: next.bytes)
        case .ended(let point, let next): self = .ended(Point(point), next: next.bytes)
        }
    }
}

extension StoredLineage.Point {
    init(_ point: LineagePoint) {
        self.init(generation: point.generation, token: point.token.bytes)
    }
}

extension LineageState {
    /// The stored record in the words of the wire.
    init(_ stored: StoredLineage) throws {
        switch stored {
        case .none: self = .none
        case .unreadable: self = .unreadable
        case .settled(let point): self = .settled(try LineagePoint(point))
        case .begun(let point, let next):
            self = .begun(try LineagePoint(point), next: try LineageToken.checked(next))
        case .ended(let point, let next):
            self = .ended(try LineagePoint(point), next: try LineageToken.checked(next))
        }
    }
}

extension LineagePoint {
    init(_ point: StoredLineage.Point) throws {
        self.init(
            generation: point.generation,
            token: try LineageToken.checked(point.token)
        )
    }
}

extension ShelfEntry {
    init(_ item: ShelfItem) {
        self.init(
            item: Array(String(item.id).utf8),
            path: item.path,
            state: item.state,
            shelvedAt: UInt64(clamping: item.time / 1_000_000_000),
            live: item.shelfClass == .live
        )
    }
}
