import TandemFiles
import TandemProtocol
import TandemSync
import TandemSystem
import TandemTestSupport
import TandemTree

/// The laptop's end of a simulated pair: the real session as a value, on the real stores.
struct SimulatedLaptop {
    /// The half of a batch that is applied here, while its contents are on their way.
    private struct Arriving {
        var changes: [Change]
        var asked: [Int]
    }

    var side: SimulatedSide
    var outbox: [ToVM] = []
    private(set) var session: LiveSession?
    private(set) var rest: Rest?
    private(set) var conflicts: [Conflict] = []
    /// Whether the session waits for a person to accept deletions.
    private(set) var isHalted = false
    /// What the archive on the disk holds.
    private(set) var archived = Tree()
    private var memory: PushSession.Memory?
    private var intent: [UInt8]?
    private var notes = IntentNotes()
    /// Names the machine's run since its power was last cut.
    private var boot: UInt8 = 0
    private var archive: ArchiveStore?
    private var arriving: Arriving?
    private var tokens: SeededGenerator
    private let bug: PairBug?
    private let modes = ModeMap(.twoWay)
    private static let rules = RuleSet(includesGit: true).digest

    init(_ side: SimulatedSide, seed: UInt64, bug: PairBug?) {
        self.side = side
        self.bug = bug
        tokens = SeededGenerator(seed: seed)
    }

    var isConnected: Bool { session != nil }

    // MARK: Starting and ending

    /// Starts an empty archive, as pairing and adopting do; gives the lineage's token.
    mutating func startLineage() throws -> [UInt8] {
        let token = drawToken()
        let store = ArchiveStore(try StateDirectory(at: "/state", on: side.fileSystem))
        let mark = GenerationMark(generation: 0, token: token)
        _ = try? store.load()
        try store.checkpoint(Archive(tree: Tree(), mark: mark))
        return token
    }

    private mutating func drawToken() -> [UInt8] {
        (0..<16).map { _ in UInt8(truncatingIfNeeded: tokens.next()) }
    }

    /// Opens the root and the state, as after a start.
    mutating func open() throws {
        try side.recoverRoot()
        let store = ArchiveStore(try StateDirectory(at: "/state", on: side.fileSystem))
        guard let loaded = try store.load() else { throw SystemError("load", errno: 2) }
        archive = store
        archived = loaded.tree
        (intent, notes) = (loaded.intent?.token, loaded.notes)
        memory = PushSession.Memory(
            archive: loaded.tree,
            generation: loaded.mark.generation,
            token: loaded.mark.token,
            rules: nil
        )
        _ = try side.scan()
        (side.hasNotice, side.hasOverflow) = (false, false)
    }

    /// Says hello over a new link.
    mutating func connect() throws {
        if memory == nil { try open() }
        guard let memory, let token = LineageToken(bytes: memory.token) else { return }
        let claim = LineageClaim(
            LineagePoint(generation: memory.generation, token: token),
            intent: intent.flatMap { LineageToken(bytes: $0) }
        )
        outbox.append(.hello(claim))
    }

    /// The link is gone.
    mutating func disconnect() {
        session = nil
        arriving = nil
        outbox = []
        rest = nil
    }

    /// The machine is started anew.
    mutating func boots() { boot &+= 1 }

    /// The process is gone: what it knew is on the disk or lost.
    mutating func die() {
        disconnect()
        memory = nil
        archive = nil
        side.root = nil
    }

    // MARK: What happens

    /// Whether the lineage has a contradiction that a person must end.
    mutating func welcomed(_ state: LineageState) throws -> Bool {
        guard let memory, let token = LineageToken(bytes: memory.token) else { return false }
        let claim = LineageClaim(
            LineagePoint(generation: memory.generation, token: token),
            intent: intent.flatMap { LineageToken(bytes: $0) }
        )
        let standing: PushSession.Standing
        switch Lineage.decide(claim, state) {
        case .goOn: standing = .settled
        case .rollForward: standing = .rollForward(token: intent ?? [])
        case .commitPending: standing = .commitPending
        case .firstContact, .amnesia:
            guard bug == .trustsEmptyRoot else { return true }
            standing = .settled
        }
        let generator = TokenSource(seed: tokens.next())
        session = LiveSession(
            memory: memory,
            begun: LiveSession.Begun(
                toLaptop: notes.toLaptop,
                isKept: notes.boot == [boot] || bug == .forgetsPowerCuts
            ),
            settings: .init(modes: modes),
            drawToken: { generator.draw() }
        )
        try tell(.welcomed(standing, areRulesKnown: true))
        return false
    }

    mutating func handle(_ message: ToLaptop) throws {
        switch message {
        case .welcome, .failure: break
        case .rootTree(let digest, let entries):
            try tell(.rootTree(digest, entries: UInt64(entries), isComplete: true))
        case .listing(let path, let children):
            try tell(.listing(path, children, isLast: true))
        case .missing(let path):
            try tell(.observed([], root: nil, isComplete: false))
            try tell(.listing(path, [], isLast: true))
        case .need(let ids, let isLast):
            try tell(.need(ids.map { $0..<($0 + 1) }, isLast: isLast))
        case .refused(let items): try tell(.outcomes(items.map(PushSession.Outcome.init)))
        case .ended(let root): try tell(.ended(rootDigest: root))
        case .applied(let records): try tell(.applied(records, isLast: true))
        case .committed: try tell(.committed)
        case .observed(let found, let root):
            try tell(.observed(found, root: root, isComplete: true))
        case .contents(let contents): try stage(contents)
        }
    }

    /// Looks at the root if the watcher said something.
    mutating func look() throws {
        guard side.hasNotice, memory != nil || session != nil else { return }
        side.hasNotice = false
        if !(try side.scan()).isEmpty { try tell(.laptopChanged) }
    }

    mutating func retry() throws {
        if isHalted {
            // A user who removed everything says that it was meant.
            isHalted = false
            return try tell(.acceptDeletions(.max))
        }
        try tell(.retry)
    }

    private var laptop: LiveSession.Laptop {
        LiveSession.Laptop(
            tree: side.tree,
            rules: Self.rules,
            isComplete: true,
            now: side.fileSystem.time.monotonic
        )
    }

    private mutating func tell(_ event: LiveSession.Event) throws {
        guard session != nil else { return }
        let laptop = laptop
        let actions = try session?.handle(event, laptop: laptop) ?? []
        for action in actions { try perform(action) }
    }

    private mutating func perform(_ action: LiveSession.Action) throws {
        rest = nil
        switch action {
        case .queryApplied: outbox.append(.appliedQuery)
        case .commit(let generation, let token):
            guard let token = LineageToken(bytes: token) else { return }
            outbox.append(.commit(LineagePoint(generation: generation, token: token)))
        case .compare: outbox.append(.compare)
        case .list(let paths): outbox.append(.list(paths.sorted()))
        case .readLinks(let paths): try readLinks(paths)
        case .writeIntent(let generation, let token, let toLaptop):
            try writeIntent(generation, token, toLaptop)
        case .begin(let batch): begin(batch)
        case .sendChanges(let changes): outbox.append(.changes(changes))
        case .sendContent(let ids): try sendContent(ids)
        case .end: outbox.append(.end)
        case .applyOnLaptop(let changes, _, _, _): try apply(changes)
        case .appendArchive(let generation, let token, let tree, let differences):
            try append(GenerationMark(generation: generation, token: token), tree, differences)
        case .done: break
        case .conflicts(let conflicts): try take(conflicts)
        case .rest(let rest): self.rest = rest
        case .halt: isHalted = true
        }
    }

    private mutating func take(_ conflicts: [Conflict]) throws {
        self.conflicts = conflicts
    }

    /// Settles every conflict in favour of the laptop: a mistake, put in on purpose.
    mutating func answerConflicts() throws {
        let answers = conflicts.map { Resolution($0, keep: .laptop) }
        if !answers.isEmpty { try tell(.resolve(answers)) }
    }

    // MARK: The batch

    private mutating func readLinks(_ paths: [RelativePath]) throws {
        var targets: [RelativePath: [UInt8]] = [:]
        for path in paths {
            guard let state = side.tree.state(at: path) else { continue }
            targets[path] = try side.content(of: path, state)
        }
        try tell(.linksRead(targets))
    }

    private mutating func writeIntent(
        _ generation: UInt64,
        _ token: [UInt8],
        _ toLaptop: [Difference]
    ) throws {
        let mark = GenerationMark(generation: generation, token: token)
        let notes = IntentNotes(boot: [boot], toLaptop: toLaptop)
        try archive?.writeIntent(mark, notes)
        (intent, self.notes) = (token, notes)
        if bug == .savesArchiveFirst, let session {
            let planned = session.changesToVM + session.changesToLaptop
            let records = differences(made: planned, on: side.tree)
            try archive?.append(mark, records.sorted { $0.path < $1.path })
        }
        try tell(.intentWritten)
    }

    private mutating func begin(_ batch: LiveSession.Batch) {
        guard let token = LineageToken(bytes: batch.token) else { return }
        outbox.append(
            .begin(
                LineagePoint(generation: batch.generation, token: token),
                changes: batch.changeCount,
                asksFirst: batch.asksFirst
            )
        )
    }

    private mutating func sendContent(_ ids: [UInt32]) throws {
        var bytes: UInt64 = 0
        let changes = session?.changesToVM ?? []
        for id in ids {
            let change = changes[Int(id)]
            guard let new = change.new, let content = try side.content(of: change.path, new)
            else { continue }
            bytes += UInt64(content.count)
            outbox.append(.content(id, content))
        }
        try tell(.contentSent(rawBytes: bytes))
    }

    private mutating func apply(_ changes: [Change]) throws {
        let asked = changes.indices.filter { index in
            let change = changes[index]
            if case .move = change.source { return false }
            return change.new?.kind == .link || (change.new?.kind == .file && change.new?.size != 0)
        }
        arriving = Arriving(changes: changes, asked: asked)
        guard !asked.isEmpty else { return try stage([]) }
        outbox.append(.fetch(asked.map { changes[$0] }))
    }

    private mutating func stage(_ contents: [[UInt8]?]) throws {
        guard var arriving else { return }
        self.arriving = nil
        for (index, content) in zip(arriving.asked, contents)
        where arriving.changes[index].new?.kind == .link {
            arriving.changes[index].linkTarget = content ?? Array("?".utf8)
        }
        let batch = try side.makeBatch()
        let needed = Set(try batch.add(arriving.changes, startingAt: 0))
        for (index, content) in zip(arriving.asked, contents) {
            guard let content, needed.contains(UInt32(index)) else { continue }
            try content.withUnsafeBytes { try batch.write(UInt32(index), offset: 0, $0) }
        }
        let outcome = try batch.finish()
        _ = try side.scan()
        let refused = outcome.refusals.map(\.simulated).map(PushSession.Outcome.init)
        try tell(.laptopApplied(refused))
    }

    private mutating func append(
        _ mark: GenerationMark,
        _ tree: Tree,
        _ differences: [Difference]
    ) throws {
        try side.fileSystem.syncFileSystem(try side.openRoot().descriptor)
        side.touched = []
        if bug != .savesArchiveFirst {
            try archive?.append(mark, differences)
            try checkArchive(tree, differences)
        }
        archived = tree
        intent = nil
        memory = PushSession.Memory(
            archive: tree,
            generation: mark.generation,
            token: mark.token,
            rules: nil
        )
        try tell(.archived)
    }
}

extension SimulatedLaptop {
    /// What the disk holds of the archive is what the session holds.
    private func checkArchive(_ tree: Tree, _ differences: [Difference]) throws {
        try side.fileSystem.sparing {
            let state = try StateDirectory(at: "/state", on: side.fileSystem)
            let loaded = try? ArchiveStore(state).load()
            guard loaded?.tree.rootDigest == tree.rootDigest else {
                throw SimulatedPair.Violation(
                    promise: "the archive is what was agreed",
                    what: "after \(differences)"
                )
            }
        }
    }
}

extension PushSession.Outcome {
    init(_ refusal: (id: UInt32, isTransient: Bool)) {
        self.init(
            id: refusal.id,
            reason: refusal.isTransient ? .changedWhileSent : .failed("it is refused")
        )
    }
}
