import Foundation

extension VerifyReport {
    /// What is different between two reports.
    package struct Difference: Hashable, Sendable {
        /// Rows that were not there before.
        package var added: [Row] = []
        /// Rows that are there no more.
        package var removed: [Row] = []
        /// Rows about the same thing that say something else.
        package var changed: [(old: Row, new: Row)] = []

        package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

        package static func == (left: Self, right: Self) -> Bool {
            left.added == right.added && left.removed == right.removed
                && left.changed.elementsEqual(right.changed) { $0 == $1 }
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(added)
            hasher.combine(removed)
            for pair in changed {
                hasher.combine(pair.old)
                hasher.combine(pair.new)
            }
        }
    }

    /// What changed since an earlier report.
    ///
    /// Rows are the same by side and subject; of several with one subject, by their order.
    package func difference(from earlier: VerifyReport) -> Difference {
        var left = Dictionary(grouping: earlier.rows, by: Key.init)
        var difference = Difference()
        for row in rows {
            let key = Key(row)
            guard var same = left[key], !same.isEmpty else {
                difference.added.append(row)
                continue
            }
            // The row that says the same is its partner, wherever it stands.
            let index = same.firstIndex { $0.verdict == row.verdict && $0.evidence == row.evidence }
            let old = same.remove(at: index ?? 0)
            left[key] = same
            if old.verdict != row.verdict || old.evidence != row.evidence {
                difference.changed.append((old, row))
            }
        }
        for row in earlier.rows {
            guard var same = left[Key(row)], let index = same.firstIndex(of: row) else { continue }
            same.remove(at: index)
            left[Key(row)] = same
            difference.removed.append(row)
        }
        return difference
    }

    private struct Key: Hashable {
        var side: VerifySide?
        var subject: String

        init(_ row: Row) {
            side = row.side
            subject = row.subject
        }
    }

    /// Reads the JSON form; nil for what is none, or of another version.
    package init?(json bytes: [UInt8]) {
        guard let document = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
            document.schema == Self.schemaVersion
        else { return nil }
        self.init(
            machine: document.machine,
            time: document.time,
            unreachable: document.unreachable,
            rows: document.rows.map { row in
                Row(
                    on: VerifySide(rawValue: row.place),
                    subject: row.subject,
                    verdict: row.verdict,
                    evidence: row.evidence,
                    method: row.method
                )
            }
        )
    }

    private struct Stored: Decodable {
        struct Row: Decodable {
            var subject: String
            var verdict: Verdict
            var place: String
            var evidence: String
            var method: String

            enum CodingKeys: String, CodingKey {
                case subject, verdict, evidence, method
                case place = "where"
            }
        }

        var schema: Int
        var machine: String
        var time: String
        var unreachable: String?
        var rows: [Row]
    }
}
