import Synchronization
import TandemTree

/// What users wrote, and which of it nobody needs any more because a user overwrote it seeing it.
///
/// A value that a user writes is unique, so that a content alone tells which one it is, wherever it
/// went. Of the files the tree began with several may be alike: those are counted.
final class Ledger: Sendable {
    struct Value: Sendable {
        /// Who wrote it; nil for what the tree began with.
        var side: Side?
        var path: String
        /// How many of it no user replaced or removed after having read it.
        var owed = 1
    }

    private let values = Mutex<[Digest: Value]>([:])

    /// A value is about to stand somewhere.
    func willWrite(_ digest: Digest, by side: Side?, at path: String) {
        values.withLock { values in
            if values[digest] != nil {
                values[digest]?.owed += 1
            } else {
                values[digest] = Value(side: side, path: path)
            }
        }
    }

    /// A user took away what it had read.
    func superseded(_ digest: Digest) {
        values.withLock { values in
            guard let value = values[digest], value.owed > 0 else { return }
            values[digest]?.owed -= 1
        }
    }

    /// Whether some user wrote exactly this.
    func knows(_ digest: Digest) -> Bool { values.withLock { $0[digest] != nil } }

    var count: Int { values.withLock { $0.count } }

    /// The values that must be readable somewhere.
    var standing: [Digest: Value] { values.withLock { $0.filter { $0.value.owed > 0 } } }
}
