import Foundation
import GRDB
import TandemTree

/// What the laptop side knows about its pairs beside their trees: one SQLite file, for agent and
/// command line alike.
///
/// It holds nothing that sync needs to be safe: archives and indexes are files of their own.
package final class Store: Sendable {
    let path: String
    let pool: DatabasePool

    /// The name of the file in the state directory.
    package static let fileName = "tandem.sqlite"
    /// How long, in seconds, one process waits for another's write.
    private static let patience = 5.0

    /// Opens the store, made or brought to the present schema where needed.
    ///
    /// - Parameter path: the file; its directory is there and belongs to this user alone.
    /// - Throws: `StoreError`
    package init(at path: String) throws(StoreError) {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(Self.patience)
            configuration.maximumReaderCount = 2
            configuration.prepareDatabase { database in
                // A pair that `tandem pair` reported is there after a power cut.
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            let migrator = Schema.migrator
            guard try !pool.read(migrator.hasBeenSuperseded) else {
                throw StoreError(.newer, "\(path) was made by a newer Tandem; update this one")
            }
            try migrator.migrate(pool)
            self.pool = pool
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Ends the connection after what is running; the file is then whole without its WAL.
    package func close() throws(StoreError) {
        do {
            try pool.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try pool.read(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try pool.write(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
