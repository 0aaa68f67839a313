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

    /// How many remarks there were, and the first of them.
    package struct Remarks: Codable, Hashable, Sendable {
        /// More than this nobody reads, and the store keeps it in one value.
        package static let kept = 1000

        package var count: Int
        package var first: [Remark]

        /// No remarks.
        package static let none = Remarks([Int]()) { _ in (.root, "") }

        init<Element>(
            _ elements: [Element],
            _ remark: (Element) -> (path: RelativePath, reason: String)
        ) {
            count = elements.count
            first = elements.prefix(Self.kept).map { element in
                let (path, reason) = remark(element)
                return Remark(path: path.bytes, reason: reason)
            }
        }
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
    package var conflicts: Remarks
    package var notApplied: Remarks
    package var unsyncable: Remarks
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
        conflicts = Remarks(report.conflicts) { ($0.path, $0.line.reason) }
        notApplied = Remarks(report.refusals) { ($0.path, $0.reason) }
        unsyncable = Remarks(report.problems) { ($0.path, $0.reason) }
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
        conflicts = previous?.conflicts ?? .none
        notApplied = previous?.notApplied ?? .none
        unsyncable = previous?.unsyncable ?? .none
        vmOnly = previous?.vmOnly ?? 0
    }
}
