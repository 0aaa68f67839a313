import GRDB

/// Why the store could not do what it was asked.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Code: Hashable, Sendable {
        /// A pair of this name, or of this id, is there already.
        case taken
        /// A newer Tandem made the store; it is left as it is.
        case newer
        /// What is in the file is not what Tandem wrote.
        case damaged
        /// This user may not read it, or may not write it.
        case notPermitted
        /// Another process holds the store too long.
        case busy
        case failed
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Turns what SQLite said into what can be done about it.
    init(_ error: any Error, path: String) {
        if let own = error as? StoreError {
            self = own
            return
        }
        guard let database = error as? DatabaseError else {
            self.init(.failed, "\(path): \(error)")
            return
        }
        let said = database.message ?? database.resultCode.description
        switch database.resultCode {
        case .SQLITE_CONSTRAINT: self.init(.taken, "\(path): \(said)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.damaged, "\(path): \(said); move it away, then run `tandem pair` again")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "\(path): another process holds it; try again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.notPermitted, "\(path): \(said)")
        default: self.init(.failed, "\(path): \(said)")
        }
    }

    package var description: String { message }
}
