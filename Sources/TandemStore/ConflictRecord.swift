package import TandemTree

/// A conflict that is open: what it is, and since when.
package struct ConflictRecord: Hashable, Sendable {
    package var conflict: Conflict
    /// When it was first found, in nanoseconds since 1970.
    package var firstSeen: Int64
    /// The generation it was last found in.
    package var generation: UInt64

    package init(conflict: Conflict, firstSeen: Int64, generation: UInt64) {
        self.conflict = conflict
        self.firstSeen = firstSeen
        self.generation = generation
    }
}
