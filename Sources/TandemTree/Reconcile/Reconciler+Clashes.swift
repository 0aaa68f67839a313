/// Names that a side takes for one another.
extension Reconciler {
    /// Takes out the new entries that a side could not tell from another one.
    ///
    /// A name that stands there, or else the first in byte order, is synced; each other is a
    /// problem. Nothing is merged or overwritten. Where the standing one leaves in this plan, the
    /// new one waits for the next.
    mutating func dropClashes(_ folding: SideFolding) {
        for side in Side.allCases where folding.of(side) != .none {
            var finder = ClashFinder(
                receiver: tree(side),
                sender: tree(side.other),
                folding.of(side),
                plan.changes(for: side)
            )
            let changes = plan.changes(for: side).filter { finder.keeps($0) }
            if side == .vm { plan.toVM = changes } else { plan.toLaptop = changes }
            for path in finder.clashing {
                plan.problems.append(
                    ProblemEntry(path: path, side: side.other, reason: .clashingName)
                )
            }
            if !finder.clashing.isEmpty { isOutOfOrder = true }
        }
    }
}

/// Looks at each change for a side that folds names.
private struct ClashFinder {
    private struct Place: Hashable {
        var directory: RelativePath
        var key: NameKey
    }

    private let receiver: Tree
    private let sender: Tree
    private let folding: NameFolding
    private let removed: Set<RelativePath>
    /// Who has a folded name: what stands there, and what the plan makes.
    private var holders: [Place: RelativePath] = [:]
    private var known: Set<RelativePath> = []
    private var dropped: RelativePath?
    var clashing: [RelativePath] = []

    init(receiver: Tree, sender: Tree, _ folding: NameFolding, _ changes: [Change]) {
        self.receiver = receiver
        self.sender = sender
        self.folding = folding
        removed = Set(changes.filter { $0.new == nil }.map(\.path))
    }

    /// Whether a change can be made; changes come in the order of paths.
    mutating func keeps(_ change: Change) -> Bool {
        if let dropped, change.path.isDescendant(of: dropped) { return false }
        guard change.expected == nil, change.new != nil, let directory = change.path.parent else {
            return true
        }
        learn(directory)
        let place = Place(directory: directory, key: folding.key(of: change.path.name))
        guard let holder = holders[place], holder != change.path else {
            holders[place] = change.path
            return true
        }
        let isLeaving = removed.contains(holder)
        if isLeaving && isRename(holder, change) { return true }
        dropped = change.path
        if !isLeaving { clashing.append(change.path) }
        return false
    }

    /// Whether the change gives the entry that leaves a new spelling: one rename, which works.
    private func isRename(_ holder: RelativePath, _ change: Change) -> Bool {
        receiver.state(at: holder) == sender.state(at: change.path)
    }

    private mutating func learn(_ directory: RelativePath) {
        guard known.insert(directory).inserted, let id = receiver.find(directory) else { return }
        for child in receiver.childIDs(of: id) {
            let name = receiver.name(of: child)
            let place = Place(directory: directory, key: folding.key(of: name))
            holders[place] = directory.appending(name)
        }
    }
}
