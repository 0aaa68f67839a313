import Foundation
import GRDB
import TandemTree

extension Store {
    /// All pairs, by name.
    package func pairs() throws(StoreError) -> [PairRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM pair ORDER BY name").map(Self.pair)
        }
    }

    /// One pair by its name.
    package func pair(named name: String) throws(StoreError) -> PairRecord? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM pair WHERE name = ?", arguments: [name])
                .map(Self.pair)
        }
    }

    /// One pair by its id.
    package func pair(_ id: [UInt8]) throws(StoreError) -> PairRecord? {
        try read { database in
            let sql = "SELECT * FROM pair WHERE id = ?"
            return try Row.fetchOne(database, sql: sql, arguments: [Data(id)]).map(Self.pair)
        }
    }

    /// Keeps a pair, or what changed about the one of its id.
    ///
    /// - Throws: `StoreError`, `.taken` where another pair has the name.
    package func keep(_ pair: PairRecord) throws(StoreError) {
        let values: StatementArguments = [
            Data(pair.id), pair.name, Data(pair.laptopRoot), pair.destination, pair.container,
            pair.transport, pair.vmRoot, pair.mode.rawValue, pair.created, pair.settings,
            pair.lastRun,
        ]
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO pair VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                        laptopRoot = excluded.laptopRoot, destination = excluded.destination,
                        container = excluded.container, transport = excluded.transport,
                        vmRoot = excluded.vmRoot, mode = excluded.mode,
                        created = excluded.created, settings = excluded.settings,
                        lastRun = excluded.lastRun
                    """,
                arguments: values
            )
        }
    }

    /// Remembers a pair's last push; false where there is no such pair.
    @discardableResult
    package func remember(lastRun: String, of pair: [UInt8]) throws(StoreError) -> Bool {
        try write { database in
            try database.execute(
                sql: "UPDATE pair SET lastRun = ? WHERE id = ?",
                arguments: [lastRun, Data(pair)]
            )
            return database.changesCount > 0
        }
    }

    /// Forgets a pair with its conflicts and activity; false where there is no such pair.
    @discardableResult
    package func remove(pair: [UInt8]) throws(StoreError) -> Bool {
        try write { database in
            try database.execute(sql: "DELETE FROM pair WHERE id = ?", arguments: [Data(pair)])
            return database.changesCount > 0
        }
    }

    private static func pair(_ row: Row) throws -> PairRecord {
        PairRecord(
            id: try Columns.bytes(row, "id"),
            name: row["name"],
            laptopRoot: try Columns.bytes(row, "laptopRoot"),
            destination: row["destination"],
            container: row["container"],
            transport: row["transport"],
            vmRoot: row["vmRoot"],
            mode: try Columns.value(row, "mode"),
            created: row["created"],
            settings: row["settings"],
            lastRun: row["lastRun"]
        )
    }
}
