/// What the agent knows of one pair.
package struct PairStatus: Codable, Hashable, Sendable {
    /// An entry that cannot be synced.
    package struct Problem: Codable, Hashable, Sendable {
        package var path: WirePath
        package var reason: String

        package init(path: WirePath, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// What a pair does.
    package enum Phase: String, Codable, Hashable, Sendable {
        /// It is not kept in sync.
        case down
        case paused
        case opening
        case connecting
        case scanning
        case comparing
        case syncing
        case watching
        /// It tries again later, by itself.
        case waiting
        /// A person has to decide.
        case halted
        case stopped
    }

    /// How many problems a status lists.
    package static let listedProblems = 200

    package var pair: PairIdentity
    package var verdict: Verdict
    package var phase: Phase
    /// One line for people.
    package var headline: String
    /// What the agent needs from a person, and what to do; nil when nothing.
    package var needs: String?
    package var laptopEntries = 0
    package var vmEntries = 0
    /// The digest of the tree both sides have, in hexadecimal.
    package var tree: String?
    package var generation: UInt64 = 0
    package var conflicts = 0
    package var problemCount = 0
    package var problems: [Problem] = []
    package var pendingToVM = 0
    package var pendingToLaptop = 0
    /// When both sides were last known to be the same, in nanoseconds since 1970.
    package var lastSync: Int64?
    /// From the event on one side to the durable change on the other, in nanoseconds.
    package var lag: UInt64?
    package var roundTrip: UInt64?
    package var wireUp: UInt64 = 0
    package var wireDown: UInt64 = 0
    /// How the laptop's tree is watched, where that is not the whole of it: with the reason.
    package var watch: String?
    package var receiver: String?
    /// When it tries again, in nanoseconds since 1970.
    package var retryAt: Int64?

    package init(
        pair: PairIdentity,
        verdict: Verdict,
        phase: Phase,
        headline: String,
        needs: String? = nil
    ) {
        self.pair = pair
        self.verdict = verdict
        self.phase = phase
        self.headline = headline
        self.needs = needs
    }
}

/// What the agent knows.
package struct AgentStatus: Codable, Hashable, Sendable {
    package var process: Int32
    package var program: String
    /// When it started, in nanoseconds since 1970.
    package var started: Int64
    package var pairs: [PairStatus]

    package init(process: Int32, program: String, started: Int64, pairs: [PairStatus]) {
        self.process = process
        self.program = program
        self.started = started
        self.pairs = pairs
    }
}
