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
    ///   - path: only of this path, and of what lies below it, where given.
    ///   - actions: only these; all where none is given.
    ///   - earliest: nothing before this time, in nanoseconds since 1970.
    ///   - limit: the most records.
    /// - Returns: the records.
    /// - Throws: `StoreError`
    package func activity(
        of pair: [UInt8],
        at path: RelativePath? = nil,
        actions: [ActivityRecord.Action] = [],
        since earliest: Int64 = .min,
        limit: Int
    ) throws(StoreError) -> [ActivityRecord] {
        var sql = "SELECT * FROM activity WHERE pair = ? AND time >= ?"
        var values: StatementArguments = [Data(pair), earliest]
        if let path, !path.isRoot {
            // All that begins with "path/" lies between "path/" and "path0": 0 follows the slash.
            sql += " AND (path = ? OR (path >= ? AND path < ?))"
            let below = path.bytes + [UInt8(ascii: "/")]
            let after = path.bytes + [UInt8(ascii: "0")]
            values += [Data(path.bytes), Data(below), Data(after)]
        }
        if !actions.isEmpty {
            sql += " AND action IN (\(actions.map { _ in "?" }.joined(separator: ", ")))"
            values += StatementArguments(actions.map(\.rawValue))
        }
        sql += " ORDER BY number DESC LIMIT ?"
        values += [max(0, limit)]
        return try read { [sql, values] database in
            try Row.fetchAll(database, sql: sql, arguments: values).map(Self.activity)
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
