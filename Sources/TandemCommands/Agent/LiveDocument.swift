import TandemControl
import TandemTree

/// What `--json` says of a pair that the agent keeps in sync.
struct LiveDocument: Encodable, Sendable {
    struct Problem: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var reason: String
    }

    var verdict: String
    var phase: String
    var headline: String
    var needs: String?
    var laptopEntries: Int
    var vmEntries: Int
    var tree: String?
    var generation: UInt64
    var conflicts: Int
    var problemCount: Int
    var problems: [Problem]
    var pendingToVM: Int
    var pendingToLaptop: Int
    var lastSync: String?
    var lagMilliseconds: Double?
    var roundTripMilliseconds: Double?
    var wireUp: UInt64
    var wireDown: UInt64
    var watch: String?
    var receiver: String?
    var retryAt: String?

    init(_ status: PairStatus) {
        verdict = status.verdict.rawValue
        phase = status.phase.rawValue
        headline = escaped(status.headline.utf8)
        needs = status.needs.map { escaped($0.utf8) }
        laptopEntries = status.laptopEntries
        vmEntries = status.vmEntries
        tree = status.tree
        generation = status.generation
        conflicts = status.conflicts
        problemCount = status.problemCount
        problems = status.problems.map { problem in
            let name = PathDocument(problem.path.path)
            return Problem(
                path: name.path,
                pathBytes: name.pathBytes,
                reason: escaped(problem.reason.utf8)
            )
        }
        pendingToVM = status.pendingToVM
        pendingToLaptop = status.pendingToLaptop
        lastSync = status.lastSync.map(JSONDocument.time)
        lagMilliseconds = status.lag.map(Self.milliseconds)
        roundTripMilliseconds = status.roundTrip.map(Self.milliseconds)
        wireUp = status.wireUp
        wireDown = status.wireDown
        watch = status.watch.map { escaped($0.utf8) }
        receiver = status.receiver.map { escaped($0.utf8) }
        retryAt = status.retryAt.map(JSONDocument.time)
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Double {
        let inMillisecond = 1_000_000.0
        return (Double(nanoseconds) / inMillisecond * 1000).rounded() / 1000
    }
}

/// Who the agent is, in JSON.
struct AgentDocument: Encodable, Sendable {
    var process: Int32
    var program: String
    var started: String

    init(_ status: AgentStatus) {
        process = status.process
        program = escaped(status.program.utf8)
        started = JSONDocument.time(status.started)
    }
}

/// What `up`, `down`, `pause` and `resume` print with `--json`.
struct PairsDocument: Encodable, Sendable {
    struct Pair: Encodable, Sendable {
        var pair: PairDocument
        var live: LiveDocument?
    }

    var schema = JSONDocument.schema
    var command: String
    var agent: AgentDocument?
    var pairs: [Pair]

    init(command: String, _ entries: [PairEntry], _ status: AgentStatus?) {
        self.command = command
        agent = status.map { AgentDocument($0) }
        pairs = entries.map { entry in
            let found = status?.pairs.first { $0.pair.id == entry.hexID }
            return Pair(pair: entry.document, live: found.map { LiveDocument($0) })
        }
    }
}
