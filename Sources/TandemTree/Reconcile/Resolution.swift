/// A person's answer to a conflict, bound to the two states that were shown.
///
/// Where a side holds something else by now, it does nothing, and the conflict is listed as before.
public struct Resolution: Hashable, Sendable {
    /// What shall stand at the path on both sides.
    public enum Keep: String, Hashable, Sendable, CaseIterable {
        /// The laptop's value.
        case laptop
        /// The vm's value.
        case vm
        /// The laptop's value, and the vm's beside it under a name of its own.
        case both
    }

    /// Where.
    public var path: RelativePath
    /// What was shown of the laptop.
    public var laptop: EntryState?
    /// What was shown of the vm.
    public var vm: EntryState?
    /// The answer.
    public var keep: Keep

    /// Makes an answer from its parts.
    public init(path: RelativePath, laptop: EntryState?, vm: EntryState?, keep: Keep) {
        self.path = path
        self.laptop = laptop
        self.vm = vm
        self.keep = keep
    }

    /// An answer to a conflict as it is listed.
    public init(_ conflict: Conflict, keep: Keep) {
        self.init(path: conflict.path, laptop: conflict.laptop, vm: conflict.vm, keep: keep)
    }
}
