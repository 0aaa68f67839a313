import Foundation
import GRDB
package import TandemTree

extension Store {
    /// Makes the open conflicts of a pair exactly these.
    ///
    /// One that was open before keeps its number, the time it was first seen and what was shown of
    /// it; the vm's time is also kept where it is not known now and its value is the same. New ones get the next numbers; numbering starts again at 1 when none was open.
    ///
    /// - Parameters:
    ///   - conflicts: all that the last comparison found.
    ///   - pair: whose they are.
    ///   - generation: the generation that found them.
    ///   - time: now, in nanoseconds since 1970.
    /// - Throws: `StoreError`
    package func setConflicts(
        _ conflicts: [Conflict],
        of pair: [UInt8],
        generation: UInt64,
        at time: Int64
    ) throws(StoreError) {
        let found = conflicts.map { FoundConflict($0) }
        try setConflicts(found, of: pair, generation: generation, at: time)
    }

    /// The same with what is known of when each side changed.
    package func setConflicts(
        _ conflicts: [FoundConflict],
        of pair: [UInt8],
        generation: UInt64,
        at time: Int64
    ) throws(StoreError) {
        try write { database in
            var known: [RelativePath: ConflictRecord] = [:]
            for record in try Self.conflicts(database, pair) {
                known[record.conflict.path] = record
            }
            var next = (known.values.map(\.number).max() ?? 0) + 1
            try database.execute(
                sql: "DELETE FROM conflict WHERE pair = ?",
                arguments: [Data(pair)]
            )
            for found in conflicts.sorted(by: { $0.conflict.path < $1.conflict.path }) {
                let old = known[found.conflict.path]
                let isSameOnVM = old?.conflict.vm == found.conflict.vm
                let record = ConflictRecord(
                    conflict: found.conflict,
                    number: old?.number ?? next,
                    firstSeen: old?.firstSeen ?? time,
                    generation: generation,
                    laptopModified: found.laptopModified,
                    vmModified: found.vmModified ?? (isSameOnVM ? old?.vmModified : nil),
                    shown: old?.shown
                )
                if old == nil { next += 1 }
                try Self.insert(record, of: pair, into: database)
            }
        }
    }

    /// Notes which versions a person was shown.
    ///
    /// - Parameters:
    ///   - shown: the conflicts as they were shown.
    ///   - pair: whose they are.
    /// - Throws: `StoreError`
    package func noteShown(_ shown: [Conflict], of pair: [UInt8]) throws(StoreError) {
        guard !shown.isEmpty else { return }
        try write { database in
            let update = try database.makeStatement(
                sql: """
                    UPDATE conflict SET shown = 1, shownLaptop = ?, shownVM = ?
                    WHERE pair = ? AND path = ?
                    """
            )
            for conflict in shown {
                try update.execute(arguments: [
                    Columns.data(conflict.laptop), Columns.data(conflict.vm), Data(pair),
                    Data(conflict.path.bytes),
                ])
            }
        }
    }

    /// The open conflicts of a pair, by path bytes.
    package func conflicts(of pair: [UInt8]) throws(StoreError) -> [ConflictRecord] {
        try read { try Self.conflicts($0, pair) }
    }

    private static func conflicts(_ database: Database, _ pair: [UInt8]) throws -> [ConflictRecord]
    {
        let sql = "SELECT * FROM conflict WHERE pair = ? ORDER BY path"
        return try Row.fetchAll(database, sql: sql, arguments: [Data(pair)]).map(conflict)
    }

    private static func insert(
        _ record: ConflictRecord,
        of pair: [UInt8],
        into database: Database
    ) throws {
        let conflict = record.conflict
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO conflict
                    (pair, path, reason, base, laptop, vm, firstSeen, generation, number,
                     laptopModified, vmModified, shown, shownLaptop, shownVM)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(pair), Data(conflict.path.bytes), conflict.reason.rawValue,
                Columns.data(conflict.base), Columns.data(conflict.laptop),
                Columns.data(conflict.vm), record.firstSeen,
                Int64(bitPattern: record.generation), record.number, record.laptopModified,
                record.vmModified, record.shown != nil, Columns.data(record.shown?.laptop),
                Columns.data(record.shown?.vm),
            ]
        )
    }

    private static func conflict(_ row: Row) throws -> ConflictRecord {
        let conflict = Conflict(
            path: try Columns.path(row),
            base: try Columns.state(row, "base"),
            laptop: try Columns.state(row, "laptop"),
            vm: try Columns.state(row, "vm"),
            reason: try Columns.value(row, "reason")
        )
        let wasShown: Bool = row["shown"]
        return ConflictRecord(
            conflict: conflict,
            number: row["number"],
            firstSeen: row["firstSeen"],
            generation: Columns.generation(row),
            laptopModified: row["laptopModified"],
            vmModified: row["vmModified"],
            shown: wasShown
                ? .init(
                    laptop: try Columns.state(row, "shownLaptop"),
                    vm: try Columns.state(row, "shownVM")
                ) : nil
        )
    }
}
