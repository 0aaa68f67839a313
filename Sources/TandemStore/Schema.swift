import GRDB

/// The tables, as steps that are never changed once released: a new need is a new step.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 pairs", migrate: makePairs)
        migrator.registerMigration("2 conflicts", migrate: makeConflicts)
        migrator.registerMigration("3 activity", migrate: makeActivity)
        migrator.registerMigration("4 agent", migrate: makeRoomForAgent)
        return migrator
    }

    private static func makePairs(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE pair (
                    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                    name TEXT NOT NULL UNIQUE,
                    laptopRoot BLOB NOT NULL,
                    destination TEXT NOT NULL,
                    container TEXT,
                    transport TEXT NOT NULL,
                    vmRoot TEXT NOT NULL,
                    mode TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    settings TEXT NOT NULL,
                    lastRun TEXT
                ) STRICT
                """
        )
    }

    private static func makeConflicts(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE conflict (
                    pair BLOB NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
                    path BLOB NOT NULL,
                    reason TEXT NOT NULL,
                    base BLOB,
                    laptop BLOB,
                    vm BLOB,
                    firstSeen INTEGER NOT NULL,
                    generation INTEGER NOT NULL,
                    PRIMARY KEY (pair, path)
                ) STRICT, WITHOUT ROWID
                """
        )
    }

    private static func makeActivity(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE activity (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    pair BLOB NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
                    time INTEGER NOT NULL,
                    path BLOB NOT NULL,
                    action TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    generation INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX activityOfPath ON activity (pair, path, number);
                CREATE INDEX activityOfPair ON activity (pair, number);
                """
        )
    }

    /// What the agent keeps: which pairs are up, and what a person was shown of a conflict.
    private static func makeRoomForAgent(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE wanted (
                    pair BLOB PRIMARY KEY NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
                    isUp INTEGER NOT NULL,
                    isPaused INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                ALTER TABLE conflict ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE conflict ADD COLUMN laptopModified INTEGER;
                ALTER TABLE conflict ADD COLUMN vmModified INTEGER;
                ALTER TABLE conflict ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE conflict ADD COLUMN shownLaptop BLOB;
                ALTER TABLE conflict ADD COLUMN shownVM BLOB;
                UPDATE conflict SET number = (
                    SELECT COUNT(*) FROM conflict AS other
                    WHERE other.pair = conflict.pair AND other.path <= conflict.path
                );
                """
        )
    }
}
