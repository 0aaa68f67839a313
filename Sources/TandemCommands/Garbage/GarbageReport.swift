import Foundation
import TandemFiles
import TandemTree

/// What `tandem garbage` found and did on one machine; also the form of `--json`.
struct GarbageReport: Encodable, Sendable {
    struct Kind: Codable, Sendable, Hashable {
        var kind: String
        var entries: Int
        var files: Int
        var bytes: UInt64
    }

    struct Remark: Codable, Sendable, Hashable {
        var path: String
        var reason: String
    }

    struct Batch: Codable, Sendable, Hashable {
        var id: String
        var time: Int64
        var entries: Int
    }

    var side: String
    var kinds: [Kind] = []
    var entries = 0
    var files = 0
    var bytes: UInt64 = 0
    /// What a cleaning or its undoing moved.
    var moved = 0
    /// What was left alone; the first thousand of them.
    var left: [Remark] = []
    var leftCount = 0
    var batches: [Batch] = []
    /// Where git may track files; it is asked, not shown.
    var repositories: [RelativePath] = []

    private enum CodingKeys: String, CodingKey {
        case side, kinds, entries, files, bytes, moved, left, leftCount, batches
    }

    /// What this machine's own job answered.
    init(side: String, _ answer: GarbageJob.Answer) {
        self.side = side
        kinds = answer.sums.map {
            Kind(kind: $0.kind.name, entries: $0.entries, files: $0.files, bytes: $0.bytes)
        }
        moved = answer.outcome?.moved ?? 0
        left = answer.remarks.prefix(1000).map { Remark(path: "\($0.path)", reason: $0.reason) }
        leftCount = answer.remarks.count
        batches = answer.batches.map { Batch(id: $0.id, time: $0.time, entries: $0.entries) }
        repositories = answer.repositories
        sum()
    }

    /// What the vm printed; nil where it did not come to its end.
    init?(side: String, lines output: [UInt8]) {
        self.side = side
        var isDone = false
        for line in output.split(separator: UInt8(ascii: "\n")) {
            // A login shell may print before it.
            guard let one = try? JSONDecoder().decode(Line.self, from: Data(line)) else { continue }
            if let kind = one.kind {
                kinds.append(
                    Kind(
                        kind: kind,
                        entries: one.entries ?? 0,
                        files: one.files ?? 0,
                        bytes: one.bytes ?? 0
                    )
                )
            } else if let hex = one.repository {
                guard let bytes = Hex.bytes(hex),
                    let path = try? RelativePath(validating: bytes)
                else { return nil }
                repositories.append(path)
            } else if let path = one.left {
                left.append(Remark(path: path, reason: one.reason ?? ""))
            } else if let id = one.batch {
                batches.append(Batch(id: id, time: one.time ?? 0, entries: one.entries ?? 0))
            } else if one.done == true {
                moved = one.moved ?? 0
                leftCount = one.remarks ?? left.count
                isDone = true
            }
        }
        guard isDone else { return nil }
        sum()
    }

    private mutating func sum() {
        entries = kinds.reduce(0) { $0 + $1.entries }
        files = kinds.reduce(0) { $0 + $1.files }
        bytes = kinds.reduce(0) { $0 + $1.bytes }
    }

    private struct Line: Decodable {
        var kind: String?
        var entries: Int?
        var files: Int?
        var bytes: UInt64?
        var repository: String?
        var left: String?
        var reason: String?
        var batch: String?
        var time: Int64?
        var done: Bool?
        var moved: Int?
        var remarks: Int?
    }
}
