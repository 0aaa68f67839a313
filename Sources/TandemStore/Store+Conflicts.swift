import Foundation
import GRDB
package import TandemTree

extension Store {
    /// Makes the open conflicts of a pair exactly these.
    ///
    /// One that was open before keeps the time it was first seen.
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
        try write { database in
            let sql = "SELECT path, firstSeen FROM conflict WHERE pair = ?"
            var firstSeen: [[UInt8]: Int64] = [:]
            for row in try Row.fetchAll(database, sql: sql, arguments: [Data(pair)]) {
                firstSeen[try Columns.bytes(row, "path")] = row["firstSeen"]
            }
            try database.execute(
                sql: "DELETE FROM conflict WHERE pair = ?",
                arguments: [Data(pair)]
            )
            let insert = try database.makeStatement(
                sql: "INSERT OR REPLACE INTO conflict VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            )
            for conflict in conflicts {
                try insert.execute(arguments: [
                    Data(pair), Data(conflict.path.bytes), conflict.reason.rawValue,
                    Columns.data(conflict.base), Columns.data(conflict.laptop),
                    Columns.data(conflict.vm), firstSeen[Array(conflict.path.bytes)] ?? time,
                    Int64(bitPattern: generation),
                ])
            }
        }
    }

    /// The open conflicts of a pair, by path bytes.
    package func conflicts(of pair: [UInt8]) throws(StoreError) -> [ConflictRecord] {
        try read { database in
            let sql = "SELECT * FROM conflict WHERE pair = ? ORDER BY path"
            return try Row.fetchAll(database, sql: sql, arguments: [Data(pair)]).map(Self.conflict)
        }
    }

    private static func conflict(_ row: Row) throws -> ConflictRecord {
        let conflict = Conflict(
            path: try Columns.path(row),
            base: try Columns.state(row, "base"),
            laptop: try Columns.state(row, "laptop"),
            vm: try Columns.state(row, "vm"),
            reason: try Columns.value(row, "reason")
        )
        return ConflictRecord(
            conflict: conflict,
            firstSeen: row["firstSeen"],
            generation: Columns.generation(row)
        )
    }
}
