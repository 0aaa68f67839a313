import TandemSystem

/// Why an operation on snapshots ended: what, and what to do next.
package struct SnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: UInt8, Hashable, Sendable, CaseIterable {
        /// A call failed; nothing that was listed before is lost.
        case failed = 1
        /// The bytes in the store are not what was written.
        case damaged = 2
        /// No snapshot, or no entry in it, has this name.
        case notFound = 3
        /// Several snapshots' names begin so.
        case ambiguous = 4
        /// Something stands where only a new place may be.
        case exists = 5
        /// Another process uses the store.
        case busy = 6
        /// A later version wrote the store.
        case newerVersion = 7
        /// The request makes no sense.
        case invalid = 8
        /// The tree cannot be read.
        case tree = 9
        /// The caller asked to stop.
        case stopped = 10
    }

    package var code: Code
    package var what: String
    package var next: String

    package init(_ code: Code, _ what: String, next: String = "") {
        self.code = code
        self.what = what
        self.next = next
    }

    package var description: String { next.isEmpty ? what : "\(what); \(next)" }

    /// A failed call on the store.
    static func call(_ what: String, _ cause: SystemError) -> SnapshotError {
        SnapshotError(
            .failed,
            "\(what): \(cause)",
            next: "check the store's disk and who may write it; what was listed before still is"
        )
    }

    /// Bytes that are not what was written.
    static func damage(_ what: String) -> SnapshotError {
        SnapshotError(
            .damaged,
            "the store is damaged: \(what)",
            next: "run `tandem snapshot verify` to learn which snapshots are hurt"
        )
    }
}
