import Foundation
import GRDB
package import TandemTree

extension Store {
    /// How many records a pair keeps; the oldest go first.
    package static let keptActivity = 50_000

    /// Notes what happened, oldest first, and forgets what is over the bound.
    package func note(
        _ records: [ActivityRecord],
        of pair: [UInt8],
        keeping kept: Int = keptActivity
    ) throws(StoreError) {
        guard !records.isEmpty else { return }
        try write { database in
            let insert = try database.makeStatement(
                sql: """
                    INSERT INTO activity (pair, time, path, action, reason, generation)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            )
            for record in records.suffix(kept) {
                try insert.execute(arguments: [
                    Data(pair), record.time, Data(record.path.bytes), record.action.rawValue,
                    record.reason, Int64(bitPattern: record.generation),
                ])
            }
            try database.execute(
                sql: """
                    DELETE FROM activity WHERE pair = ?1 AND number <=
                        (SELECT number FROM activity WHERE pair = ?1
                         ORDER BY number DESC LIMIT 1 OFFSET ?2)
                    """,
                arguments: [Data(pair), kept]
            )
        }
    }

    /// What happened, newest first.
    ///
    /// - Parameters:
    ///   - pair: whose activity.
    ///   - path: only of this path where given.
    ///   - earliest: nothing before this time, in nanoseconds since 1970.
    ///   - limit: the most records.
    /// - Returns: the records.
    /// - Throws: `StoreError`
    package func activity(
        of pair: [UInt8],
        at path: RelativePath? = nil,
        since earliest: Int64 = .min,
        limit: Int
    ) throws(StoreError) -> [ActivityRecord] {
        try read { database in
            let place = path.map { Data($0.bytes) }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM activity WHERE pair = ?1 AND time >= ?2
                        \(place == nil ? "AND ?3 IS NULL" : "AND path = ?3")
                    ORDER BY number DESC LIMIT ?4
                    """,
                arguments: [Data(pair), earliest, place, max(0, limit)]
            )
            return try rows.map(Self.activity)
        }
    }

    private static func activity(_ row: Row) throws -> ActivityRecord {
        ActivityRecord(
            time: row["time"],
            path: try Columns.path(row),
            action: try Columns.value(row, "action"),
            reason: row["reason"],
            generation: Columns.generation(row)
        )
    }
}
