import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// A pair that a session has opened: the root, the rules, the tree and the lineage.
///
/// Used by the session's working thread alone; at most one exists for a pair at a time.
final class OpenPair {
    let id: PairID
    let sessionNumber: UInt64
    /// Whether batches of this session are agreed; those of a restore leave the lineage alone.
    let makesGenerations: Bool
    let root: SyncRoot
    let stagedBytes: UInt64
    let freeBytes: UInt64
    private(set) var lineage: LineageState
    private(set) var rules: RuleSet?
    /// The vm's tree, once scanned; kept up to date by the batches, and by watching.
    var tree: Tree? { watched?.tree ?? scanned }
    var scanned: Tree?
    /// The root under watch, in a session that keeps in sync.
    var watched: WatchedRoot?
    /// What a session that keeps in sync writes to the disk only now and then.
    private var upkeep = Upkeep()
    private var indexUpkeep = Upkeep()
    let endpoint: ReceiverEndpoint
    private let store: LineageStore
    let registry: VMPairRegistry
    let window: RacyWindow
    private let shelf: Shelf

    /// Opens the pair a laptop named, or registers it when that is what the laptop came for.
    ///
    /// - Throws: `Failure` for an unknown pair, one that another session will not give up, a root
    ///   that is not there; what the file system says otherwise.
    init(_ hello: Hello, _ session: ReceiverSession) throws {
        endpoint = session.endpoint
        id = hello.pair
        makesGenerations = hello.purpose.makesGenerations
        registry = VMPairRegistry(
            directory: endpoint.settings.stateDirectory,
            fileSystem: endpoint.fileSystem
        )
        guard hello.purpose == .pair || registry.knows(id) else {
            endpoint.count { $0.refusedSessions += 1 }
            throw Failure(.unknownPair, "this receiver does not know the pair; run `tandem pair`")
        }
        guard let number = Self.enter(hello, session) else {
            throw Failure(.busy, "another session works on this pair; try again when it has ended")
        }
        sessionNumber = number
        do {
            let opened = try OpenedRoot(hello, endpoint, registry)
            root = opened.root
            store = opened.store
            lineage = opened.lineage
            stagedBytes = opened.stagedBytes
            freeBytes = opened.freeBytes
            window = opened.window
            shelf = opened.shelf
        } catch {
            endpoint.sessions.leave(id, number)
            throw error
        }
        rules = registry.rules(of: id)
        scanned = endpoint.index(of: id)?.tree
    }

    /// A laptop that syncs takes the pair over; one that asks, or restores, does not.
    private static func enter(_ hello: Hello, _ session: ReceiverSession) -> UInt64? {
        let sessions = session.endpoint.sessions
        guard hello.purpose.makesGenerations else {
            let deadline = DispatchTime.now() + .seconds(ReceiverEndpoint.questionSeconds)
            return sessions.enterWhenFree(hello.pair, session.link, until: deadline)
        }
        let deadline = DispatchTime.now() + .seconds(ReceiverEndpoint.fenceSeconds)
        return sessions.enter(hello.pair, session.link, until: deadline)
    }

    /// Gives the pair to the next session.
    func close() {
        if let watched {
            watched.stop()
            remember(watched.tree)
            registry.keepIndex(watched.tree, of: id)
        }
        endpoint.fileSystem.close(root.descriptor)
        endpoint.sessions.leave(id, sessionNumber)
    }

    /// Makes rules the ones in force, and remembers them for the next session.
    func takeRules(_ bytes: [UInt8]) throws {
        let taken: RuleSet
        do {
            taken = try RuleSet(decoding: bytes)
        } catch {
            throw Failure(.violation, "the rules cannot be read: \(error)")
        }
        rules = taken
        registry.keep(taken, of: id)
        watched?.use(taken)
    }

    /// Scans the root and says what its tree's digest is.
    func scan(answer: (VMMessage) -> Void) throws {
        guard let rules else { throw Failure(.violation, "no rules were given to scan under") }
        endpoint.count { $0.scans += 1 }
        if let watched {
            try watched.scanAll(time: endpoint.time)
            endpoint.count { $0.entries = UInt64(watched.tree.count) }
            giveBackFreedMemory()
            tellNews(of: watched, answer: answer)
            return answer(.rootTree(watched.rootTree))
        }
        let previous = endpoint.index(of: id)
        let known = previous?.tree ?? registry.index(of: id)
        let scanner = Scanner(fileSystem: endpoint.fileSystem, window: window, time: endpoint.time)
        let result = try scanner.scan(root: root, previous: known, rules: .given(rules))
        scanned = result.tree
        remember(result.tree)
        if known?.rootDigest != result.tree.rootDigest || result.statistics.hashedFiles > 0 {
            registry.keepIndex(result.tree, of: id)
        }
        answer(
            .rootTree(
                RootTree(
                    digest: result.tree.rootDigest,
                    entries: UInt64(result.tree.count),
                    complete: result.problems.isEmpty
                )
            )
        )
    }

    /// Lists directories of the scanned tree.
    func list(_ paths: [RelativePath], answer: (VMMessage) -> Void) {
        for path in paths {
            guard let tree, let id = tree.find(path), tree.kind(of: id) == .directory else {
                answer(.listing(Listing(path: path, end: .missing, items: [])))
                continue
            }
            for part in Self.parts(of: tree, id, path) { answer(.listing(part)) }
        }
    }

    /// One directory's listing in parts that each fit a frame.
    private static func parts(of tree: Tree, _ id: Tree.ID, _ path: RelativePath) -> [Listing] {
        var parts: [Listing] = []
        var items: [ListingItem] = []
        var bytes = 0
        for child in tree.childIDs(of: id) {
            if bytes >= Limits.packedFrame || items.count >= Limits.itemsInFrame {
                parts.append(Listing(path: path, end: .more, items: items))
                (items, bytes) = ([], 0)
            }
            let item = ListingItem(name: tree.name(of: child), state: tree.state(of: child))
            bytes += item.name.count + 64
            items.append(item)
        }
        return parts + [Listing(path: path, end: .complete, items: items)]
    }

    /// Notes durably that a batch begins.
    func begin(_ point: LineagePoint) throws {
        guard makesGenerations else { return endpoint.count { $0.batches += 1 } }
        guard case .settled(let settled) = baseLineage() else {
            throw Failure(.lineage, "no generation can begin here; run `tandem doctor`")
        }
        guard point.generation == settled.generation + 1 else {
            throw Failure(.lineage, "generation \(point.generation) does not follow here")
        }
        try save(.begun(settled, next: point.token), applied: nil)
        endpoint.count { $0.batches += 1 }
    }

    /// Notes durably what a batch is about to apply.
    func plan(_ changes: [Difference]) throws {
        guard makesGenerations else { return }
        guard case .begun(_, let next) = lineage else {
            throw Failure(.lineage, "no batch has begun here")
        }
        try store.plan(changes, next: next.bytes)
    }

    /// Marks the batch ended, with what was applied, and brings the tree up to date.
    ///
    /// - Parameters:
    ///   - outcome: what the batch did.
    ///   - applied: the list to keep; nil when all that was planned was applied.
    /// - Returns: the digest of the tree, once scanned.
    /// - Throws: `Failure`, or what the file system says.
    func end(_ outcome: BatchOutcome, applied: [Difference]?) throws -> Digest? {
        if makesGenerations {
            guard case .begun(let settled, let next) = lineage else {
                throw Failure(.lineage, "no batch has begun here")
            }
            // What stood there already is agreed too, and nobody has flushed it for us.
            try flush()
            try save(.ended(settled, next: next), applied: applied)
        }
        if let watched { return watched.apply(outcome.updates) }
        guard var tree = scanned else { return nil }
        tree.apply(outcome.updates)
        tree.rehash()
        scanned = tree
        remember(tree)
        return tree.rootDigest
    }

    /// Forgets the generation before, once the laptop has recorded the new one.
    func commit(_ point: LineagePoint) throws {
        switch lineage {
        case .settled(let settled) where settled == point: return
        case .ended(let settled, let next)
        where point.generation == settled.generation + 1 && point.token == next:
            CrashPoint.reach("receive.before-settled")
            try save(.settled(point), applied: nil)
            CrashPoint.reach("receive.after-settled")
            endpoint.count { $0.lastGeneration = max($0.lastGeneration, point.generation) }
        default: throw Failure(.lineage, "generation \(point.generation) did not end here")
        }
    }

    /// Sends the list of what the last ended batch applied.
    func sendApplied(answer: (VMMessage) -> Void) throws {
        let records = try store.appliedList()
        Self.inFrames(records, cost: \.path.bytes.count) { part, isLast in
            answer(.applied(Applied(items: part, last: isLast)))
        }
    }

    /// Cuts items into parts that each fit a frame; the last part, maybe empty, is told as last.
    static func inFrames<Item>(
        _ items: [Item],
        cost: (Item) -> Int,
        _ send: ([Item], Bool) -> Void
    ) {
        /// What a record takes beside its path, at most.
        let overhead = 128
        var part: [Item] = []
        var bytes = 0
        for item in items {
            if bytes >= Limits.packedFrame || part.count >= Limits.itemsInFrame {
                send(part, false)
                (part, bytes) = ([], 0)
            }
            part.append(item)
            bytes += cost(item) + overhead
        }
        send(part, true)
    }

    /// Everything below a moved entry, as the archive takes it.
    func subtree(at source: RelativePath, as change: Change) -> [Difference] {
        guard let state = change.new else { return [] }
        var records = [Difference(path: change.path, old: nil, new: state)]
        guard state.kind == .directory, let tree, let id = tree.find(source) else {
            return records
        }
        tree.forEach(from: id) { child, path in
            guard child != id else { return true }
            let relative = path.dropFirst(source.bytes.count + 1)
            let moved = RelativePath(trusted: change.path.bytes + [UInt8(ascii: "/")] + relative)
            records.append(Difference(path: moved, old: nil, new: tree.state(of: child)))
            return true
        }
        return records
    }

    /// A batch on this root.
    func makeBatch(announcing begin: Begin) throws -> Batch {
        guard let rules else { throw Failure(.violation, "a batch came before any rules") }
        var settings = Batch.Settings()
        settings.limits = endpoint.settings.limits
        settings.window = window
        settings.generation = begin.point.generation
        settings.shelfClass = begin.displacesLive ? .live : .superseded
        let batch = try Batch(
            fileSystem: endpoint.fileSystem,
            root: root,
            pair: id.bytes,
            tree: tree,
            rules: rules,
            shelf: shelf,
            settings: settings
        )
        try batch.reserve(contentBytes: begin.contentBytes)
        return batch
    }

    /// Lists the shelf.
    func listShelf(_ prefix: RelativePath, answer: (VMMessage) -> Void) {
        let items = shelf.list(prefix: prefix).map(ShelfEntry.init)
        Self.inFrames(items, cost: \.path.bytes.count) { part, isLast in
            answer(.shelfItems(ShelfItems(items: part, last: isLast)))
        }
    }

    /// Puts a shelved item back where nothing stands.
    func restore(_ place: ShelfPlace, answer: (VMMessage) -> Void) throws {
        guard let item = UInt64(String(decoding: place.item, as: UTF8.self)) else {
            throw Failure(.notFound, "there is no such item on the shelf")
        }
        try shelf.restore(item, to: place.path)
        answer(.restored(place))
    }

    /// Work for after the answer: packs the shelf, writes the index.
    ///
    /// - Parameter isAwaited: whether the laptop waits for something. Where the session goes on, the
    ///   shelf is packed another time then; one that ends has no other time.
    func tidy(isAwaited: () -> Bool) {
        let now = endpoint.time.monotonic
        if watched != nil, !upkeep.isDue(at: now) { return }
        if let tree, watched == nil || indexUpkeep.isDue(at: now, entries: tree.count) {
            registry.keepIndex(tree, of: id)
            giveBackFreedMemory()
        }
        do {
            let goesOn = watched != nil
            try shelf.packIdle {
                !endpoint.sessions.isAwaited(id) && !(goesOn && isAwaited())
            }
            try shelf.purge()
        } catch {
            endpoint.log(.init(level: .warning, text: "the shelf could not be tidied: \(error)"))
        }
    }

    /// A batch begun anew continues from the generation that stands.
    private func baseLineage() -> LineageState {
        if case .begun(let settled, _) = lineage { return .settled(settled) }
        return lineage
    }

    private func save(_ state: LineageState, applied: [Difference]?) throws {
        try store.save(StoredLineage(state), applied: applied)
        lineage = state
    }

    private func remember(_ tree: Tree) {
        guard let rules else { return }
        endpoint.keep(VMIndex(tree: tree, rules: rules.digest), of: id)
        endpoint.count { $0.entries = UInt64(tree.count) }
    }
}
