/// What a cycle does, and what it leaves alone.
///
/// All lists are in the order of their paths, a directory before what is in it. A path may stand in
/// both `toVM` and `toLaptop`: then the archive takes it only when both are done.
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
    /// Conflicts that a resolution settled.
    public var resolved: [RelativePath] = []
    /// Where the vm has the content of a change for the laptop, if not at the change's path.
    ///
    /// It is there until the changes for the vm are applied.
    public var origins: [RelativePath: RelativePath] = [:]

    /// A plan that does nothing.
    public init() {}

    /// Whether neither side nor the archive changes.
    public var changesNothing: Bool { toVM.isEmpty && toLaptop.isEmpty && agreed.isEmpty }

    /// The changes for one side.
    public func changes(for side: Side) -> [Change] { side == .vm ? toVM : toLaptop }
}

extension Plan {
    mutating func append(_ changes: [Change], for side: Side) {
        if side == .vm {
            toVM.append(contentsOf: changes)
        } else {
            toLaptop.append(contentsOf: changes)
        }
    }

    mutating func append(_ other: Plan) {
        toVM += other.toVM
        toLaptop += other.toLaptop
        agreed += other.agreed
        conflicts += other.conflicts
        vmOnly += other.vmOnly
        laptopOnly += other.laptopOnly
        problems += other.problems
        resolved += other.resolved
        origins.merge(other.origins) { first, _ in first }
    }

    /// Brings all lists into the order of paths; what stands at one path keeps its order.
    mutating func sort() {
        toVM = Self.sorted(toVM, by: \.path)
        toLaptop = Self.sorted(toLaptop, by: \.path)
        agreed = Self.sorted(agreed, by: \.path)
        conflicts = Self.sorted(conflicts, by: \.path)
        vmOnly = Self.sorted(vmOnly, by: \.path)
        laptopOnly = Self.sorted(laptopOnly, by: \.path)
        resolved.sort()
        problems = Self.sorted(problems) { left, right in
            left.path == right.path
                ? left.side == .laptop && right.side == .vm : left.path < right.path
        }
    }

    private static func sorted<Item>(
        _ items: [Item],
        by path: (Item) -> RelativePath
    ) -> [Item] {
        sorted(items) { path($0) < path($1) }
    }

    /// Sorts without exchanging equal items, which `sort` does not promise.
    private static func sorted<Item>(
        _ items: [Item],
        _ comes: (Item, Item) -> Bool
    ) -> [Item] {
        items.enumerated()
            .sorted { left, right in
                if comes(left.element, right.element) { return true }
                if comes(right.element, left.element) { return false }
                return left.offset < right.offset
            }
            .map(\.element)
    }
}
