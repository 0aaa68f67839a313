package import TandemSync
import TandemTree

/// What is remembered of a pair's last push, for `status`.
package struct RunRecord: Codable, Hashable, Sendable {
    /// An entry that the push left alone.
    package struct Remark: Codable, Hashable, Sendable {
        /// The path's bytes.
        package var path: [UInt8]
        package var reason: String

        package init(path: [UInt8], reason: String) {
            self.path = path
            self.reason = reason
        }

        /// The path as text.
        package var shown: String { path.isEmpty ? "." : escaped(path) }
    }

    /// Nanoseconds since 1970.
    package var time: Int64
    package var exitCode: Int32
    /// The verdict, or what went wrong.
    package var summary: String
    package var isInSync: Bool
    package var isCompared: Bool
    package var generation: UInt64
    package var tree: String
    package var entries: Int
    package var applied: Int
    package var sentBytes: UInt64
    package var conflicts: [Remark]
    package var notApplied: [Remark]
    package var unsyncable: [Remark]
    package var vmOnly: Int

    /// Takes over a finished push.
    package init(_ report: PushReport, at time: Int64) {
        self.time = time
        exitCode = ExitCode(report).rawValue
        summary = report.verdict.rawValue
        isInSync = report.verdict == .inSync
        isCompared = report.isCompared
        generation = report.generation
        tree = report.treeDigest.hex
        entries = report.entries
        applied = report.appliedCount
        sentBytes = report.sentContentBytes
        conflicts = report.conflicts.map { Remark(path: $0.path.bytes, reason: $0.line.reason) }
        notApplied = report.refusals.map { Remark(path: $0.path.bytes, reason: $0.reason) }
        unsyncable = report.problems.map { Remark(path: $0.path.bytes, reason: $0.reason) }
        vmOnly = report.vmOnly.count
    }

    /// Notes a push that failed; what the one before found stays listed.
    package init(_ error: CommandError, after previous: RunRecord?, at time: Int64) {
        self.time = time
        exitCode = error.code.rawValue
        summary = error.what
        isInSync = false
        isCompared = false
        generation = previous?.generation ?? 0
        tree = previous?.tree ?? Digest.zero.hex
        entries = previous?.entries ?? 0
        applied = 0
        sentBytes = 0
        conflicts = previous?.conflicts ?? []
        notApplied = previous?.notApplied ?? []
        unsyncable = previous?.unsyncable ?? []
        vmOnly = previous?.vmOnly ?? 0
    }
}
