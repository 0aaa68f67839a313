import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The vm's end of a simulated pair: the receiver's steps on the real stores, without its threads.
struct SimulatedVM {
    var side: SimulatedSide
    private var batch: Batch?
    private var changes: [Change] = []
    private var announced = 0
    private var asksFirst = false
    private var lineage = StoredLineage.none
    private var hasCompared = false
    private let bug: PairBug?

    init(_ side: SimulatedSide, bug: PairBug?) {
        self.side = side
        self.bug = bug
    }

    /// Whether a batch is open, so that the root is not looked at.
    var isBusy: Bool { batch != nil }

    /// Lets go of everything, as when the link or the process ends.
    mutating func endSession() {
        batch?.abandon()
        batch = nil
        changes = []
        hasCompared = false
        side.closeRoot()
    }

    private mutating func store() throws -> LineageStore {
        let root = try side.openRoot()
        let found = try LineageStore(
            fileSystem: side.fileSystem,
            root: root,
            pair: SimulatedSide.pair
        )
        guard let found else { throw SystemError("open the lineage", errno: 2) }
        return found
    }

    /// Starts a lineage, as pairing and adopting do.
    mutating func startLineage(_ token: [UInt8]) throws {
        try store().save(.settled(.init(generation: 0, token: token)))
    }

    mutating func handle(_ message: ToVM) throws -> [ToLaptop] {
        switch message {
        case .hello(let claim): return [.welcome(try welcome(claim))]
        case .compare:
            _ = try side.scan()
            hasCompared = true
            (side.hasNotice, side.hasOverflow) = (false, false)
            return [.rootTree(side.tree.rootDigest, entries: side.tree.count)]
        case .list(let paths): return paths.map(list)
        case .begin(let point, let count, let asksFirst):
            return try begin(point, count, asksFirst)
        case .changes(let some): return try take(some)
        case .content(let id, let bytes):
            try bytes.withUnsafeBytes { try batch?.write(id, offset: 0, $0) }
            return []
        case .end: return try end()
        case .appliedQuery: return [.applied(try store().appliedList())]
        case .commit(let point):
            let settled = StoredLineage.Point(
                generation: point.generation,
                token: point.token.bytes
            )
            try store().save(.settled(settled))
            return [.committed]
        case .fetch(let wanted):
            return [
                .contents(
                    try wanted.map { change in
                        guard let new = change.new else { return nil }
                        return try side.content(of: change.path, new)
                    }
                )
            ]
        }
    }

    /// What the vm reports when its watcher said something.
    mutating func look() throws -> [ToLaptop] {
        guard hasCompared, batch == nil, side.hasNotice else { return [] }
        side.hasNotice = false
        let found = try side.scan()
        return found.isEmpty ? [] : [.observed(found, root: side.tree.rootDigest)]
    }

    private mutating func welcome(_ claim: LineageClaim) throws -> LineageState {
        try side.recoverRoot()
        let store = try store()
        lineage = store.load()
        if case .begun(let settled, let next) = lineage, claim.point.token.bytes == settled.token,
            claim.intent?.bytes == next, let planned = store.plannedList()
        {
            let done = try standing(planned, in: try side.openRoot(), of: side.fileSystem)
            if !done.isEmpty {
                try store.save(.ended(settled, next: next), applied: done)
                lineage = store.load()
            }
        }
        return LineageState(simulated: lineage)
    }

    private func list(_ path: RelativePath) -> ToLaptop {
        guard let id = side.tree.find(path), side.tree.kind(of: id) == .directory else {
            return .missing(path)
        }
        let children = side.tree.childIDs(of: id).map {
            (name: side.tree.name(of: $0), state: side.tree.state(of: $0))
        }
        return .listing(path, children)
    }

    private mutating func begin(
        _ point: LineagePoint,
        _ count: Int,
        _ asksFirst: Bool
    ) throws -> [ToLaptop] {
        let store = try store()
        switch store.load() {
        case .settled(let settled), .begun(let settled, _):
            try store.save(.begun(settled, next: point.token.bytes))
        case .none, .ended, .unreadable: return [.failure("no generation can begin here")]
        }
        (changes, announced, self.asksFirst) = ([], count, asksFirst)
        batch = try side.makeBatch()
        return []
    }

    private mutating func take(_ some: [Change]) throws -> [ToLaptop] {
        guard let batch else { return [] }
        var some = some
        if bug == .skipsRecheck {
            _ = try side.scan()
            for index in some.indices where some[index].source == nil {
                some[index].expected = side.tree.state(at: some[index].path)
            }
        }
        let needed = try batch.add(some, startingAt: UInt32(changes.count))
        changes += some
        return asksFirst ? [.need(needed, isLast: changes.count == announced)] : []
    }

    private mutating func end() throws -> [ToLaptop] {
        guard let batch, case .begun(let settled, let next) = try store().load() else { return [] }
        let records = changes.map { differences(made: [$0], on: side.tree) }
        try store().plan(records.flatMap { $0 }.sorted { $0.path < $1.path }, next: next)
        let outcome = try batch.finish()
        self.batch = nil
        try side.fileSystem.syncFileSystem(try side.openRoot().descriptor)
        side.touched = []
        let refused = Set(outcome.refusals.map { Int($0.id) })
        let applied = records.indices.filter { !refused.contains($0) }.flatMap { records[$0] }
        try store().save(
            .ended(settled, next: next),
            applied: refused.isEmpty ? nil : applied.sorted { $0.path < $1.path }
        )
        side.tree.apply(outcome.updates)
        side.tree.rehash()
        var answers: [ToLaptop] = []
        if !refused.isEmpty {
            let found = try side.scan()
            if !found.isEmpty {
                answers.append(.observed(found, root: side.tree.rootDigest))
            }
            answers.append(.refused(outcome.refusals.map(\.simulated)))
        }
        return answers + [.ended(side.tree.rootDigest)] + (try look())
    }
}

extension ChangeRefusal {
    var simulated: (id: UInt32, isTransient: Bool) {
        let transient: Set<Reason> = [.changed, .sourceChanged, .missingContent, .wrongContent]
        return (id, transient.contains(reason))
    }
}

extension LineageState {
    init(simulated stored: StoredLineage) {
        func point(_ point: StoredLineage.Point) -> LineagePoint? {
            LineageToken(bytes: point.token)
                .map { LineagePoint(generation: point.generation, token: $0) }
        }
        switch stored {
        case .none: self = .none
        case .unreadable: self = .unreadable
        case .settled(let settled): self = point(settled).map { .settled($0) } ?? .unreadable
        case .begun(let settled, let next):
            guard let point = point(settled), let token = LineageToken(bytes: next) else {
                self = .unreadable
                return
            }
            self = .begun(point, next: token)
        case .ended(let settled, let next):
            guard let point = point(settled), let token = LineageToken(bytes: next) else {
                self = .unreadable
                return
            }
            self = .ended(point, next: token)
        }
    }
}
