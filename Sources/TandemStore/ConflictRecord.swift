package import TandemTree

/// A conflict that is open: what it is, and since when.
package struct ConflictRecord: Hashable, Sendable {
    /// The versions of both sides that a person looked at.
    package struct Shown: Hashable, Sendable {
        package var laptop: EntryState?
        package var vm: EntryState?

        package init(laptop: EntryState?, vm: EntryState?) {
            self.laptop = laptop
            self.vm = vm
        }
    }

    package var conflict: Conflict
    /// What people call it: the same for as long as it is open, and among its pair's unique.
    package var number: Int
    /// When it was first found, in nanoseconds since 1970.
    package var firstSeen: Int64
    /// The generation it was last found in.
    package var generation: UInt64
    /// When each side last changed, by its own clock, in nanoseconds since 1970.
    package var laptopModified: Int64?
    package var vmModified: Int64?
    /// What was shown; nil while nothing was.
    package var shown: Shown?

    package init(
        conflict: Conflict,
        number: Int = 0,
        firstSeen: Int64,
        generation: UInt64,
        laptopModified: Int64? = nil,
        vmModified: Int64? = nil,
        shown: Shown? = nil
    ) {
        self.conflict = conflict
        self.number = number
        self.firstSeen = firstSeen
        self.generation = generation
        self.laptopModified = laptopModified
        self.vmModified = vmModified
        self.shown = shown
    }

    /// Whether both sides still hold what was shown.
    package var isAsShown: Bool {
        shown == Shown(laptop: conflict.laptop, vm: conflict.vm)
    }
}

/// A conflict as it was just found.
package struct FoundConflict: Hashable, Sendable {
    package var conflict: Conflict
    package var laptopModified: Int64?
    package var vmModified: Int64?

    package init(_ conflict: Conflict, laptopModified: Int64? = nil, vmModified: Int64? = nil) {
        self.conflict = conflict
        self.laptopModified = laptopModified
        self.vmModified = vmModified
    }
}
