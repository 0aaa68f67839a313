/// What a cycle does, and what it leaves alone.
///
/// All lists are in the order of their paths, a directory before what is in it.
public struct Plan: Hashable, Sendable {
    /// Changes for the vm.
    public var toVM: [Change] = []
    /// Changes for the laptop.
    public var toLaptop: [Change] = []
    /// What the archive must take because both sides are the same already.
    public var agreed: [Difference] = []
    /// What both sides changed.
    public var conflicts: [Conflict] = []
    /// What only the vm changed and keeps to itself (push); of a directory the top only.
    public var vmOnly: [Difference] = []
    /// What only the laptop changed and keeps to itself (pull); of a directory the top only.
    public var laptopOnly: [Difference] = []
    /// What cannot be synced.
    public var problems: [ProblemEntry] = []

    /// A plan that does nothing.
    public init() {}

    /// Whether neither side nor the archive changes.
    public var changesNothing: Bool { toVM.isEmpty && toLaptop.isEmpty && agreed.isEmpty }
}
