package import TandemTree

/// How long a shelved value is kept.
package enum ShelfClass: UInt8, Hashable, Sendable {
    /// Never in an agreed archive, or part of an open conflict: kept until a person decides.
    case live = 1
    /// A later value replaced it with its author's knowledge: kept as the retention says.
    case superseded = 2
}

/// What was displaced from a root, and where it lies now.
package struct ShelfItem: Hashable, Sendable {
    /// Names the item for as long as it exists.
    package var id: UInt64
    /// Where it stood; the root where that is not known any more.
    package var path: RelativePath
    package var state: EntryState
    /// When it was displaced, nanoseconds since 1970.
    package var time: Int64
    package var shelfClass: ShelfClass
    /// The generation of the batch that displaced it; 0 outside of one.
    package var generation: UInt64
    /// The opaque name it lies under; items of one digest may share it.
    package var object: [UInt8]
    /// Whether the object is a packed directory.
    package var isPacked: Bool
    /// What it takes on the disk; 0 for a directory that is not packed yet.
    package var bytes: UInt64
}
