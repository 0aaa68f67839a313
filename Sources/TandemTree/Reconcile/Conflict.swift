/// A path that both sides changed; it is left alone until a person decides.
public struct Conflict: Hashable, Sendable {
    /// Where.
    public var path: RelativePath
    /// What both sides last agreed on.
    public var base: EntryState?
    /// What stands on the laptop.
    public var laptop: EntryState?
    /// What stands on the vm.
    public var vm: EntryState?
    /// Why neither wins.
    public var reason: ConflictReason

    /// Makes a conflict from its parts.
    public init(
        path: RelativePath,
        base: EntryState?,
        laptop: EntryState?,
        vm: EntryState?,
        reason: ConflictReason
    ) {
        self.path = path
        self.base = base
        self.laptop = laptop
        self.vm = vm
        self.reason = reason
    }
}

/// Why neither side of a conflict wins.
public enum ConflictReason: String, Hashable, Sendable, CaseIterable {
    /// Both sides made something new there.
    case bothCreated = "both-created"
    /// Both sides changed the same file or link.
    case bothModified = "both-modified"
    /// Both sides changed it, and at least one into something of another kind.
    case kindChanged = "kind-changed"
    /// One side removed what the other changed, and the change may not travel in this mode.
    case removedAndChanged = "removed-and-changed"
    /// One side removed or replaced a directory in which the other holds what cannot be synced.
    case holdsUnsyncable = "holds-unsyncable"

    /// One sentence for people.
    public var sentence: String {
        switch self {
        case .bothCreated: "both sides made something different there"
        case .bothModified: "both sides changed it"
        case .kindChanged: "both sides changed it, and not to the same kind of entry"
        case .removedAndChanged: "one side removed it, the other changed it"
        case .holdsUnsyncable:
            "a directory that was removed on one side holds, on the other, "
                + "entries that cannot be synced"
        }
    }
}
