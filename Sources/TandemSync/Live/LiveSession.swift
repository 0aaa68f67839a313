package import TandemTree

/// A session that keeps both sides the same, as a value: it takes what happened and says what to do.
///
/// It knows no socket, thread, file or clock. The laptop's tree belongs to whoever watches it and is
/// lent to each call; the archive and what is known of the vm's tree belong to the session.
///
/// One cycle: plan from three trees; intent, begin, changes and content to the vm while content from
/// the vm is staged here; both sides apply by compare-and-swap; archive; commit; plan again.
package struct LiveSession: Sendable {
    /// Which rules the trees must have been read under, and what else bounds a plan.
    package struct Settings: Sendable, Hashable {
        package var modes: ModeMap

        package init(modes: ModeMap) {
            self.modes = modes
        }
    }

    /// The laptop's side as it is at the time of a call.
    package struct Laptop: Sendable {
        package var tree: Tree
        /// The digest of the rules the tree was read under.
        package var rules: Digest
        /// Whether everything below the root was looked at since the last overflow.
        package var isComplete: Bool
        /// Monotonic nanoseconds.
        package var now: UInt64
        /// How often everything was looked at; each time makes another tree of the same entries.
        package var fullLooks: Int

        package init(
            tree: Tree,
            rules: Digest,
            isComplete: Bool,
            now: UInt64,
            fullLooks: Int = 0
        ) {
            self.tree = tree
            self.rules = rules
            self.isComplete = isComplete
            self.now = now
            self.fullLooks = fullLooks
        }
    }

    /// What happened.
    package enum Event: Sendable {
        case welcomed(PushSession.Standing, areRulesKnown: Bool)
        case applied([Difference], isLast: Bool)
        case rootTree(Digest, entries: UInt64, isComplete: Bool)
        case listing(RelativePath, [(name: [UInt8], state: EntryState)], isLast: Bool)
        /// The laptop's tree or rules changed.
        case laptopChanged
        case observed([Difference], root: Digest?, isComplete: Bool)
        case linksRead([RelativePath: [UInt8]])
        case intentWritten
        case need([Range<UInt32>], isLast: Bool)
        case contentSent(rawBytes: UInt64)
        case outcomes([PushSession.Outcome])
        case ended(rootDigest: Digest?)
        /// The laptop's half of the batch is durable, but for these.
        case laptopApplied([PushSession.Outcome])
        case archived
        case committed
        case resolve([Resolution])
        case acceptDeletions(Int)
        case use(Settings)
        /// Time has passed: what was put off may be tried again.
        case retry
    }

    /// What to do.
    package enum Action: Sendable {
        case queryApplied
        case commit(generation: UInt64, token: [UInt8])
        /// Send the laptop's rules, if asked to, and have the vm look at everything.
        case compare(sendsRules: Bool)
        case list([RelativePath])
        case readLinks([RelativePath])
        case writeIntent(generation: UInt64, token: [UInt8], toLaptop: [Difference])
        case begin(Batch)
        case sendChanges([Change])
        case sendContent([UInt32])
        case end(changeCount: Int)
        /// Stage and apply these on the laptop, content being fetched from the vm.
        case applyOnLaptop([Change], generation: UInt64, token: [UInt8], displacesLive: Bool)
        case appendArchive(generation: UInt64, token: [UInt8], tree: Tree, [Difference])
        /// A generation is agreed: what it did, for the log.
        case done(CycleReport)
        /// What both sides changed, as of the last plan.
        case conflicts([Conflict])
        /// Nothing is left to do, or nothing that can be done now.
        case rest(Rest)
        case halt(SyncError)
    }

    /// What a batch announces to the vm.
    package struct Batch: Sendable, Hashable {
        package var generation: UInt64
        package var token: [UInt8]
        package var changeCount: Int
        package var contentBytes: UInt64
        package var asksFirst: Bool
        package var displacesLive: Bool
    }

    enum Phase: Sendable {
        case starting
        case settling
        case comparing
        case walking(VMTreeWalk, rootDigest: Digest)
        case resting
        case intending
        case applying
        case archiving
        case committing
        case halted
    }

    let drawToken: @Sendable () -> [UInt8]
    var settings: Settings
    var memory: PushSession.Memory
    /// What was begun before this session; for a roll-forward.
    let begun: Begun
    var phase = Phase.starting
    /// The vm's tree, once compared; kept up to date by its reports and the batches.
    var vm = Tree()
    var vmEntries: UInt64 = 0
    var isVMComplete = false
    /// The rules the vm's tree was read under; nil before it was.
    var vmRules: Digest?
    /// Whether the vm's tree is in doubt and must be compared anew.
    var isVMInDoubt = false
    /// What the vm reported while its tree was being learned, and its root's digest after that.
    var reported: [Difference] = []
    var reportedRoot: Digest?
    /// Whether something happened that the last plan did not see.
    var isStale = true
    var recovered: [Difference] = []
    /// What was recorded from the vm's list, until that is told.
    package internal(set) var rolledForward: CycleReport?
    var nextToken: [UInt8] = []
    var cycle = Cycle()
    var putOff = PutOffChanges()
    var resolutions: [Resolution] = []
    var acceptedDeletions: Int?
    var recentlyMade = RecentlyMade()
    var laptopProblems = 0
    /// How many plans were made.
    package internal(set) var plans: UInt64 = 0
    /// The last plan all of which was done that can be done now; never more than `plans`.
    package internal(set) var finishedPlans: UInt64 = 0
    /// What the last finished plan left undone: refused by a side, or put off.
    package internal(set) var undone: [PutOffChange] = []
    var sharing = TreeSharing()

    /// A batch that was begun, and that the laptop has not recorded.
    package struct Begun: Sendable, Hashable {
        /// What it was to do on the laptop, as far as that is known.
        package var toLaptop: [Difference]
        /// Whether the laptop kept all that was written there since: its power was not cut.
        package var isKept: Bool

        package init(toLaptop: [Difference] = [], isKept: Bool = false) {
            self.toLaptop = toLaptop
            self.isKept = isKept
        }
    }

    /// Starts a session from what the laptop remembers; `drawToken` gives 16 random bytes.
    package init(
        memory: PushSession.Memory,
        begun: Begun = Begun(),
        settings: Settings,
        drawToken: @escaping @Sendable () -> [UInt8]
    ) {
        self.memory = memory
        self.begun = begun
        self.settings = settings
        self.drawToken = drawToken
    }

    /// The changes for the vm of the batch that runs, in the order of their ids.
    package var changesToVM: [Change] { cycle.toVM }

    /// The changes for the laptop of the batch that runs.
    package var changesToLaptop: [Change] { cycle.toLaptop }

    /// The conflicts that a person settles with the batch that runs.
    package var settledByPlan: [RelativePath] { cycle.resolved }

    /// What is known of the vm's tree.
    package var vmTree: Tree { vm }

    /// Whether everything on the vm was looked at, and nothing of it is in doubt.
    package var knowsVM: Bool { isVMComplete }

    /// Takes one event and gives the actions it calls for, in order.
    ///
    /// - Parameters:
    ///   - event: what happened.
    ///   - laptop: the laptop's side as it is now, changes of this event included.
    /// - Returns: what to do, in order.
    /// - Throws: `SyncError` when the session must end: a receiver out of step.
    package mutating func handle(_ event: Event, laptop: Laptop) throws -> [Action] {
        switch event {
        case .welcomed(let standing, let areRulesKnown):
            return welcomed(standing, areRulesKnown: areRulesKnown, laptop)
        case .applied(let records, let isLast):
            return rolledForward(records, isLast: isLast, laptop)
        case .rootTree(let digest, let entries, let isComplete):
            return try compared(digest, entries, isComplete: isComplete, laptop)
        case .listing(let path, let children, let isLast):
            return try listed(path, children, isLast: isLast, laptop)
        case .observed(let changes, let root, let isComplete):
            return observed(changes, root: root, isComplete: isComplete, laptop)
        case .linksRead(let targets): return linksRead(targets)
        case .intentWritten: return began(laptop)
        case .need(let ranges, let isLast): return needed(ranges, isLast: isLast)
        case .contentSent(let rawBytes): return sent(rawBytes)
        case .outcomes(let some):
            cycle.outcomes += some
            return []
        case .ended(let rootDigest): return try ended(rootDigest, laptop)
        case .laptopApplied(let refusals): return laptopApplied(refusals, laptop)
        case .archived: return archived()
        case .committed: return try committed(laptop)
        case .laptopChanged, .retry: return changed(laptop)
        case .resolve(let some):
            resolutions += some
            return changed(laptop)
        case .acceptDeletions(let count):
            acceptedDeletions = count
            return changed(laptop)
        case .use(let settings):
            self.settings = settings
            return changed(laptop)
        }
    }

    /// Something changed: plan anew when nothing is under way.
    mutating func changed(_ laptop: Laptop) -> [Action] {
        isStale = true
        return goOn(laptop)
    }
}

/// What became of one cycle.
package struct CycleReport: Sendable {
    package var generation: UInt64
    /// The digest of what is agreed after it.
    package var tree: Digest
    /// Changes that were applied on the vm.
    package var toVM: [Change]
    /// Changes that were applied on the laptop.
    package var toLaptop: [Change]
    /// Paths of conflicts that a person settled.
    package var resolved: [RelativePath]
    /// Changes that a side refused, and why.
    package var refused: [PutOffChange]
    package var sentContentBytes: UInt64
}

/// Where a session stands when it has nothing to do now.
package struct Rest: Sendable, Hashable {
    /// Whether a full comparison found both sides the same, as far as they shall be.
    package var isInSync: Bool
    /// Whether something that changed under way is tried again in a moment.
    package var isSettling: Bool
    package var treeDigest: Digest
    package var vmEntries: UInt64
    package var conflicts: Int
    /// What could not be done and is tried again later.
    package var putOff: [PutOffChange]
    package var problems: [ProblemEntry]
    package var vmOnly: Int
    package var laptopOnly: Int
    /// When to send `retry`, in monotonic nanoseconds; nil when nothing was put off.
    package var retryAt: UInt64?
}
