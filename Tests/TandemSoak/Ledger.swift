import Synchronization
import TandemTree

/// What users wrote, and which of it nobody needs any more because a user overwrote it seeing it.
///
/// Every value is unique, so that a content alone tells which one it is, wherever it went.
final class Ledger: Sendable {
    struct Value: Sendable {
        var side: Side
        var path: String
        /// A user replaced or removed it after having read it.
        var isSuperseded = false
    }

    private let values = Mutex<[Digest: Value]>([:])

    /// A value is about to stand somewhere.
    func willWrite(_ digest: Digest, by side: Side, at path: String) {
        values.withLock { $0[digest] = Value(side: side, path: path) }
    }

    /// A user took away what it had read.
    func superseded(_ digest: Digest) {
        values.withLock { $0[digest]?.isSuperseded = true }
    }

    /// Whether some user wrote exactly this.
    func knows(_ digest: Digest) -> Bool { values.withLock { $0[digest] != nil } }

    var count: Int { values.withLock { $0.count } }

    /// The values that must be readable somewhere.
    var standing: [Digest: Value] { values.withLock { $0.filter { !$0.value.isSuperseded } } }
}
