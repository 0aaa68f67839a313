package import TandemFiles
package import TandemTree

/// What a pair kept in sync is told beside where it is.
package struct LiveSettings: Sendable, Hashable {
    /// Which way changes travel, per path.
    package var modes: ModeMap
    /// The rules that hold beside those of the tree's own files.
    package var rules: RuleSet
    /// How many of the kernel's watches the laptop's root may use.
    package var watchBudget: WatchBudget

    package init(
        modes: ModeMap = ModeMap(.twoWay),
        rules: RuleSet = .standard,
        watchBudget: WatchBudget = .ofSystem
    ) {
        self.modes = modes
        self.rules = rules
        self.watchBudget = watchBudget
    }
}

/// One word for a pair.
package enum LiveVerdict: String, Sendable, Hashable {
    case ok
    case working
    /// A person should look: conflicts, problems, a halt.
    case attention
    /// Nothing is synced, and waiting alone will not change that.
    case broken
}

/// What a pair is doing.
package enum LivePhase: Sendable {
    case paused
    case scanning(entries: Int)
    case connecting
    case comparing
    case syncing(toVM: Int, toLaptop: Int)
    /// Both sides are compared, nothing is left to do now.
    case watching
    /// Not connected; tried again at this time, nanoseconds since 1970.
    case waiting(SyncError, retryAt: Int64)
    /// Nothing is applied until a person decides.
    case halted(SyncError)
    case stopped
}

/// A conflict as it is shown and settled.
package struct ConflictView: Sendable, Hashable {
    package var conflict: Conflict
    /// When the laptop first saw it; nanoseconds since 1970.
    package var firstSeen: Int64
    /// When the laptop's value was modified, where a file or link stands; nanoseconds since 1970.
    package var laptopModified: Int64?
    /// The same of the vm's value, by the vm's clock; nil until it has said.
    package var vmModified: Int64?
    /// The generation that stood when it was seen.
    package var generation: UInt64
}

/// A pair's state at one moment.
package struct LiveStatus: Sendable {
    package var verdict = LiveVerdict.working
    package var phase = LivePhase.connecting
    /// One line for people.
    package var headline = "starting"
    package var laptopEntries = 0
    package var vmEntries: UInt64 = 0
    /// The tree both sides hold, while they do.
    package var treeDigest: Digest?
    package var generation: UInt64 = 0
    package var conflicts: [ConflictView] = []
    /// Whether a plan of this run has said which conflicts there are.
    package var areConflictsKnown = false
    package var problems: [PushReport.Unsyncable] = []
    package var vmOnly = 0
    package var laptopOnly = 0
    /// Changes of the cycle that runs.
    package var pendingToVM = 0
    package var pendingToLaptop = 0
    /// When both sides were last found the same; nanoseconds since 1970.
    package var lastSync: Int64?
    /// From a change's being noticed to its being durable on both sides, the last time.
    package var lagNanoseconds: UInt64?
    package var roundTripNanoseconds: UInt64?
    package var wireBytesUp: UInt64 = 0
    package var wireBytesDown: UInt64 = 0
    package var laptopWatch: WatchReport?
    /// How the vm watches, in its words; nil while it does so fully.
    package var vmWatch: String?
    package var receiver: String?
    package var isConnected = false

    package init() {}
}

/// One change of a cycle, for a log.
package struct LiveChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case sent
        case received
        case removedOnVM = "removed-on-vm"
        case removedOnLaptop = "removed-on-laptop"
        case refused
        case resolved
    }

    package var path: RelativePath
    package var kind: Kind
    package var bytes: UInt64
    /// Where it stood before, for what was renamed.
    package var source: RelativePath?
    /// Why, where there is something to say.
    package var reason: String?
}

/// A batch that is durable on both sides and recorded.
package struct LiveBatch: Sendable, Hashable {
    package var generation: UInt64
    /// The digest of what both sides agree on after it.
    package var tree: Digest
    /// When the pair last had nothing left to do, in monotonic nanoseconds.
    ///
    /// The changes were noticed after that.
    package var since: UInt64
    package var changes: [LiveChange]
}

/// What happened to a pair.
package enum LiveEvent: Sendable {
    case phase(LivePhase)
    case batch(LiveBatch)
    case conflictOpened(ConflictView)
    /// It is none any more: a person settled it, which the batch that does it tells, too, or both
    /// sides have become the same.
    case conflictClosed(RelativePath, isSettled: Bool)
    /// When the vm's values of open conflicts were modified became known.
    case conflictTimes
    case linkUp(receiver: String)
    case linkDown(SyncError)
    case halted(SyncError)
    /// How a side is watched changed, or is limited.
    case notice(String)
}

/// What a flush came to.
package enum FlushResult: Sendable {
    /// All that was saved before the call is durable on the other side; the tree both sides hold.
    case inSync(Digest)
    /// All that was saved before the call is durable on the other side; the tree changes meanwhile.
    case durable
    /// All that can be synced is; this is what cannot.
    case attention([String])
    case timedOut
    case broken(SyncError)
}
