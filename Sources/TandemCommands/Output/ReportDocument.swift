import Foundation
import TandemSync
import TandemTree

/// A path in JSON: text, and the bytes in base64 where the text is not the path itself.
struct PathDocument: Encodable, Sendable {
    var path: String
    var pathBytes: String?

    init(_ path: RelativePath) {
        let bytes = Array(path.bytes)
        if let text = String(validating: bytes, as: UTF8.self) {
            self.path = text
        } else {
            self.path = escaped(bytes)
            pathBytes = Data(bytes).base64EncodedString()
        }
    }
}

/// One side's entry in JSON.
struct StateDocument: Encodable, Sendable {
    var kind: String
    var size: UInt64
    var executable: Bool
    var digest: String

    init(_ state: EntryState) {
        kind = state.kind.word
        size = state.size
        executable = state.executable
        digest = state.digest.hex
    }
}

/// Whom a document is about.
package struct PairDocument: Codable, Sendable, Hashable {
    package var name: String
    package var id: String
    package var root: String
    package var vm: String
}

/// What `push --json` and `plan --json` print; `schema` grows when a field changes its meaning.
struct ReportDocument: Encodable, Sendable {
    struct ChangeDocument: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var action: String
        var from: PathDocument?
        var old: StateDocument?
        var new: StateDocument?
    }

    struct ConflictDocument: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var reason: String
        var base: StateDocument?
        var laptop: StateDocument?
        var vm: StateDocument?
    }

    struct RemarkDocument: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var reason: String
    }

    struct Bytes: Encodable, Sendable {
        var planned: UInt64
        var sent: UInt64
        var wireUp: UInt64
        var wireDown: UInt64
    }

    var schema = JSONDocument.schema
    var command: String
    var exitCode: Int32
    var verdict: String
    var pair: PairDocument
    var generation: UInt64
    var tree: String
    var entries: Int
    var isCompared: Bool
    var applied: Int
    var hashedFiles: Int
    var bytes: Bytes
    var changes: [ChangeDocument]
    var conflicts: [ConflictDocument]
    var notApplied: [RemarkDocument]
    var unsyncable: [RemarkDocument]
    var vmOnly: [PathDocument]
    var nowIgnored: [PathDocument]

    init(_ report: PushReport, isPlan: Bool, pair: PairDocument, exitCode: ExitCode) {
        command = isPlan ? "plan" : "push"
        self.exitCode = exitCode.rawValue
        verdict = report.verdict.rawValue
        self.pair = pair
        generation = report.generation
        tree = report.treeDigest.hex
        entries = report.entries
        isCompared = report.isCompared
        applied = report.appliedCount
        hashedFiles = report.hashedFiles
        bytes = Bytes(
            planned: report.plannedContentBytes,
            sent: report.sentContentBytes,
            wireUp: report.wireBytesUp,
            wireDown: report.wireBytesDown
        )
        changes = report.changes.map(ChangeDocument.init)
        conflicts = report.conflicts.map(ConflictDocument.init)
        notApplied = report.refusals.map { RemarkDocument($0.path, $0.reason) }
        unsyncable = report.problems.map { RemarkDocument($0.path, $0.reason) }
        vmOnly = report.vmOnly.map { PathDocument($0.path) }
        nowIgnored = report.nowIgnored.map { PathDocument($0) }
    }
}

extension ReportDocument.ChangeDocument {
    init(_ change: Change) {
        let name = PathDocument(change.path)
        path = name.path
        pathBytes = name.pathBytes
        action = ChangeView(change).action.rawValue
        if case .move(let source) = change.source { from = PathDocument(source) }
        old = change.expected.map(StateDocument.init)
        new = change.new.map(StateDocument.init)
    }
}

extension ReportDocument.ConflictDocument {
    init(_ conflict: Conflict) {
        let name = PathDocument(conflict.path)
        path = name.path
        pathBytes = name.pathBytes
        reason = conflict.reason.sentence
        base = conflict.base.map(StateDocument.init)
        laptop = conflict.laptop.map(StateDocument.init)
        vm = conflict.vm.map(StateDocument.init)
    }
}

extension ReportDocument.RemarkDocument {
    init(_ path: RelativePath, _ reason: String) {
        let name = PathDocument(path)
        self.path = name.path
        pathBytes = name.pathBytes
        self.reason = reason
    }
}
