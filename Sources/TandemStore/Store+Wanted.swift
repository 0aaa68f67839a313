import Foundation
import GRDB

/// What the agent was asked to do with a pair, kept so that a restart goes on with it.
package struct WantedRecord: Hashable, Sendable {
    /// The pair's id.
    package var pair: [UInt8]
    /// Whether it is to be kept in sync.
    package var isUp: Bool
    /// Whether it is to hold still although it is up.
    package var isPaused: Bool

    package init(pair: [UInt8], isUp: Bool, isPaused: Bool = false) {
        self.pair = pair
        self.isUp = isUp
        self.isPaused = isPaused
    }
}

extension Store {
    /// What is wanted of every pair that the agent was ever asked about.
    package func wanted() throws(StoreError) -> [WantedRecord] {
        try read { database in
            let sql = "SELECT * FROM wanted ORDER BY pair"
            return try Row.fetchAll(database, sql: sql).map { row in
                WantedRecord(
                    pair: try Columns.bytes(row, "pair"),
                    isUp: row["isUp"],
                    isPaused: row["isPaused"]
                )
            }
        }
    }

    /// Keeps what is wanted of a pair, durably.
    package func want(_ wanted: WantedRecord) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO wanted (pair, isUp, isPaused) VALUES (?, ?, ?)
                    ON CONFLICT (pair) DO UPDATE SET isUp = excluded.isUp,
                        isPaused = excluded.isPaused
                    """,
                arguments: [Data(wanted.pair), wanted.isUp, wanted.isPaused]
            )
        }
    }
}
