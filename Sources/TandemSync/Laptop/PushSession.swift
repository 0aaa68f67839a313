package import TandemTree

/// The course of one push, as a value: it takes what happened and says what to do next.
///
/// It knows no socket, thread, file or clock; `PushRun` performs its actions. The commit of a
/// generation follows docs/PROTOCOL.md: intent, begin, end, ended, archive, commit.
package struct PushSession: Sendable {
    /// What the laptop remembers of the pair when the run starts.
    package struct Memory: Sendable {
        package var archive: Tree
        package var generation: UInt64
        package var token: [UInt8]
        package var rules: Digest?

        package init(archive: Tree, generation: UInt64, token: [UInt8], rules: Digest?) {
            self.archive = archive
            self.generation = generation
            self.token = token
            self.rules = rules
        }
    }

    /// What became of the two sides' lineages, decided at the handshake.
    package enum Standing: Sendable, Hashable {
        /// Both stand at the same generation.
        case settled
        /// The vm applied a batch the laptop has not recorded: take its list, then commit.
        case rollForward(token: [UInt8])
        /// The laptop has recorded a generation the vm has not been told of.
        case commitPending
    }

    /// What happened.
    package enum Event: Sendable {
        case welcomed(Standing, areRulesKnown: Bool, stagedBytes: UInt64)
        case scanned(Tree, RuleSet, [PushReport.Unsyncable], hashedFiles: Int)
        case rootTree(Digest, entries: UInt64, isComplete: Bool)
        case listing(RelativePath, [(name: [UInt8], state: EntryState)], isLast: Bool)
        case applied([Difference], isLast: Bool)
        case linksRead([RelativePath: [UInt8]])
        case intentWritten
        /// The receiver wants these contents; `isLast` when it has looked at every change.
        case need([Range<UInt32>], isLast: Bool)
        case contentSent(rawBytes: UInt64)
        case outcomes([Outcome])
        case ended(rootDigest: Digest?)
        case archived
        case committed
    }

    /// One change the receiver did not apply.
    package struct Outcome: Sendable, Hashable {
        package enum Reason: Sendable, Hashable {
            /// Something else stands there: the vm's own value, left alone.
            case conflict(found: EntryState?)
            /// The laptop's file changed while it was sent; the next pass sends it again.
            case changedWhileSent
            /// What it needs is not there just now; the sentence says what.
            case overtaken(String)
            /// It could not be done; the sentence says why.
            case failed(String)
        }

        package var id: UInt32
        package var reason: Reason

        package init(id: UInt32, reason: Reason) {
            self.id = id
            self.reason = reason
        }
    }

    /// What to do.
    package enum Action: Sendable {
        case sendRules(RuleSet)
        case compare
        case list([RelativePath])
        case queryApplied
        case readLinks([RelativePath])
        case writeIntent(generation: UInt64, token: [UInt8])
        case begin(generation: UInt64, token: [UInt8], contentBytes: UInt64, asksFirst: Bool)
        case sendChanges([Change])
        case sendContent([UInt32])
        case end(changeCount: Int)
        case appendArchive(generation: UInt64, token: [UInt8], tree: Tree, [Difference])
        case commit(generation: UInt64, token: [UInt8])
        case finish(PushReport)
    }

    enum Phase: Sendable {
        case starting
        case settling
        case comparing
        case walking(VMTreeWalk, rootDigest: Digest)
        case intending
        case sending
        case finishing
        case archiving
        case committing
        case finished
    }

    let options: PushOptions
    let drawToken: @Sendable () -> [UInt8]
    var memory: Memory
    var phase: Phase = .starting
    var isWelcomed = false
    var isSettled = false
    var stagedBytes: UInt64 = 0
    var laptop: Tree?
    var rules: RuleSet?
    var comparesToSkip = 0
    var isComparing = false
    var rootTree: Digest?
    var vmEntries: UInt64 = 0
    var recovered: [Difference] = []
    var plan = Plan()
    var nextToken: [UInt8] = []
    var asksFirst = false
    var awaitsAnswers = false
    var contentQueued = 0
    var contentDone = 0
    var outcomes: [Outcome] = []
    var agreedTree = Tree()
    var report: PushReport

    /// Starts a push from what the laptop remembers; `drawToken` gives 16 random bytes.
    package init(
        memory: Memory,
        options: PushOptions,
        drawToken: @escaping @Sendable () -> [UInt8]
    ) {
        self.memory = memory
        self.options = options
        self.drawToken = drawToken
        report = PushReport.empty(generation: memory.generation)
    }

    /// The changes of the plan, in the order of their ids.
    package var changes: [Change] { plan.toVM }

    /// Takes one event and gives the actions it calls for, in order.
    ///
    /// - Throws: `SyncError` when the push must stop: a halt, or a receiver out of step.
    package mutating func handle(_ event: Event) throws -> [Action] {
        switch event {
        case .welcomed(let standing, let areRulesKnown, let staged):
            return welcomed(standing, areRulesKnown: areRulesKnown, staged: staged)
        case .scanned(let tree, let rules, let problems, let hashedFiles):
            return try scanned(tree, rules, problems, hashedFiles)
        case .rootTree(let digest, let entries, let isComplete):
            vmEntries = entries
            return try compared(digest, isComplete: isComplete)
        case .listing(let path, let children, let isLast):
            return try listed(path, children, isLast: isLast)
        case .applied(let records, let isLast):
            return rolledForward(records, isLast: isLast)
        case .linksRead(let targets): return linksRead(targets)
        case .intentWritten: return try began()
        case .need(let ranges, let isLast): return needed(ranges, isLast: isLast)
        case .contentSent(let rawBytes): return sent(rawBytes)
        case .outcomes(let some):
            outcomes += some
            return []
        case .ended(let rootDigest): return try ended(rootDigest)
        case .archived: return archived()
        case .committed: return try committed()
        }
    }
}
