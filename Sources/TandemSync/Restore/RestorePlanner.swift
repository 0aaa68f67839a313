import TandemTree

/// Decides what a restore in place changes: a pure function of the trees.
///
/// The snapshot's entries are laid over the vm's tree; what results is to the vm what a laptop's
/// edits are, so the plan is that of a push from a laptop that last agreed with this vm.
struct RestorePlanner {
    private let order: RestoreOrder
    private let vm: Tree
    private var target: Tree
    private var matcher: PathMatcher
    private var plan = RestorePlan()

    /// Makes the plan.
    ///
    /// - Parameters:
    ///   - order: what is to be brought back.
    ///   - vm: what stands on the vm.
    ///   - laptop: what stands on the laptop.
    ///   - rules: what the pair ignores.
    /// - Returns: the plan.
    static func plan(
        _ order: RestoreOrder,
        vm: Tree,
        laptop: Tree,
        rules: RuleSet
    ) -> RestorePlan {
        var planner = RestorePlanner(order, vm, rules)
        planner.lay()
        planner.removeExtra()
        return planner.finish(laptop)
    }

    private init(_ order: RestoreOrder, _ vm: Tree, _ rules: RuleSet) {
        self.order = order
        self.vm = vm
        target = vm
        matcher = PathMatcher(rules)
        plan.rules = rules
    }

    private mutating func lay() {
        let snapshot = order.snapshot
        snapshot.forEach { id, bytes in
            let path = RelativePath(trusted: bytes)
            guard !path.isRoot else { return true }
            let state = snapshot.state(of: id)
            guard state.kind != .other else { return false }
            if matcher.isIgnored(path, isDirectory: state.kind == .directory) {
                plan.ignoredCount += 1 + snapshot.descendantCount(of: id)
                return false
            }
            if let reason = obstacle(to: state, at: path) {
                plan.kept.append(.init(path: path, reason: reason))
                return false
            }
            return put(state, at: path)
        }
    }

    /// Why an entry is not brought back, though the snapshot has it.
    private func obstacle(to state: EntryState, at path: RelativePath) -> String? {
        guard let id = target.find(path) else { return nil }
        let kind = target.kind(of: id)
        if order.path.isDescendant(of: path), kind != .directory {
            return "a \(kind.word) stands there now, above what is to be restored"
        }
        guard kind == .directory, state.kind != .directory else { return nil }
        guard order.removable != nil else {
            return "a directory stands there now, and only --delete removes what is in it"
        }
        return isRemovable(path)
            ? nil : "a directory stands there now with entries that the snapshot daemon leaves out"
    }

    private mutating func put(_ state: EntryState, at path: RelativePath) -> Bool {
        if let id = target.find(path),
            (target.kind(of: id) == .directory) != (state.kind == .directory)
        {
            target.remove(path)
        }
        return (try? target.put(path, state)) != nil
    }

    /// Takes what the snapshot lacks out of the target, or counts it.
    private mutating func removeExtra() {
        guard let start = vm.find(order.path), vm.kind(of: start) == .directory else { return }
        let (vm, snapshot, top) = (vm, order.snapshot, order.path)
        vm.forEach(from: start) { _, bytes in
            let path = RelativePath(trusted: bytes)
            if path == top { return snapshot.state(at: path)?.kind == .directory }
            if let state = snapshot.state(at: path) { return state.kind == .directory }
            // A directory that gives way to a file is gone with all that is in it.
            guard target.find(path) != nil else { return false }
            if isRemovable(path) {
                target.remove(path)
                return false
            }
            plan.extraCount += 1
            return true
        }
    }

    /// Whether an entry, and all that is in it, may go.
    private func isRemovable(_ path: RelativePath) -> Bool {
        guard let removable = order.removable, let id = vm.find(path) else { return false }
        var isRemovable = true
        vm.forEach(from: id) { _, bytes in
            let inside = RelativePath(trusted: bytes)
            // What takes the place of a directory has its path in both trees.
            if inside != path || order.snapshot.find(path) == nil {
                isRemovable = isRemovable && removable.contains(inside)
            }
            return isRemovable
        }
        return isRemovable
    }

    private mutating func finish(_ laptop: Tree) -> RestorePlan {
        target.rehash()
        plan.changes = reconcile(archive: vm, laptop: target, vm: vm, mode: .push).toVM
        plan.contentBytes = plan.changes.reduce(0) { $0 + $1.contentBytes }
        plan.displacesLive = plan.changes.contains { change in
            guard let displaced = change.expected else { return false }
            return laptop.state(at: change.path) != displaced
        }
        return plan
    }
}

/// Asks the rules about paths in the order of a walk, entering and leaving as little as it can.
private struct PathMatcher {
    private var matcher: IgnoreMatcher
    private var place: [[UInt8]] = []

    init(_ rules: RuleSet) { matcher = IgnoreMatcher(rules: rules) }

    mutating func isIgnored(_ path: RelativePath, isDirectory: Bool) -> Bool {
        let above = (path.parent ?? .root).components.map { Array($0) }
        let shared = zip(place, above).prefix { $0 == $1 }.count
        while place.count > shared {
            place.removeLast()
            matcher.leave()
        }
        for name in above[shared...] {
            place.append(name)
            matcher.enter(directory: name)
        }
        return matcher.isIgnored(name: path.name, isDirectory: isDirectory)
    }
}

extension EntryKind {
    fileprivate var word: String {
        switch self {
        case .file: "file"
        case .directory: "directory"
        case .link: "link"
        case .other: "special file"
        }
    }
}
