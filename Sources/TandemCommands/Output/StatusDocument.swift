import Foundation
import TandemControl
import TandemTree

/// What `status --json` prints.
struct StatusDocument: Encodable, Sendable {
    struct Remark: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var reason: String
    }

    struct LastPush: Encodable, Sendable {
        var time: String
        var exitCode: Int32
        var summary: String
        var wasInSync: Bool
        var isCompared: Bool
        var generation: UInt64
        var tree: String
        var entries: Int
        var applied: Int
        var sentBytes: UInt64
        var vmOnly: Int
        var conflictCount: Int
        var conflicts: [Remark]
        var notApplied: [Remark]
        var unsyncable: [Remark]
    }

    struct Pair: Encodable, Sendable {
        var pair: PairDocument
        var state: String
        var process: Int32?
        var verdict: String
        var live: LiveDocument?
        var lastPush: LastPush?
    }

    var schema = JSONDocument.schema
    var command = "status"
    /// The worst verdict of all pairs.
    var verdict: String
    var agent: AgentDocument?
    /// Why an agent that should run was not asked.
    var agentFailure: String?
    var pairs: [Pair]

    init(_ states: [PairState], agent: AgentStatus?, missing: CommandError?) {
        verdict = (states.map(\.verdict).max() ?? .ok).rawValue
        self.agent = agent.map { AgentDocument($0) }
        agentFailure = missing.map { escaped($0.what.utf8) }
        pairs = states.map { state in
            Pair(
                pair: state.entry.document,
                state: state.word.rawValue,
                process: state.holder?.pid,
                verdict: state.verdict.rawValue,
                live: state.live.map { LiveDocument($0) },
                lastPush: state.lastRun.map(LastPush.init)
            )
        }
    }
}

extension StatusDocument.LastPush {
    init(_ run: RunRecord) {
        time = JSONDocument.time(run.time)
        exitCode = run.exitCode
        summary = escaped(run.summary.utf8)
        wasInSync = run.isInSync
        isCompared = run.isCompared
        generation = run.generation
        tree = run.tree
        entries = run.entries
        applied = run.applied
        sentBytes = run.sentBytes
        vmOnly = run.vmOnly
        conflictCount = run.conflicts.count
        conflicts = run.conflicts.first.map(StatusDocument.Remark.init)
        notApplied = run.notApplied.first.map(StatusDocument.Remark.init)
        unsyncable = run.unsyncable.first.map(StatusDocument.Remark.init)
    }
}

extension StatusDocument.Remark {
    init(_ remark: RunRecord.Remark) {
        let name = PathDocument(RelativePath(trusted: remark.path))
        path = name.path
        pathBytes = name.pathBytes
        reason = escaped(remark.reason.utf8)
    }
}

extension JSONDocument {
    /// A wall-clock time, from nanoseconds since 1970, as ISO 8601 in UTC.
    static func time(_ nanoseconds: Int64) -> String {
        let seconds = Double(nanoseconds) / Double(Quantities.nanosecondsPerSecond)
        return Date(timeIntervalSince1970: seconds).ISO8601Format()
    }
}
