/// What to do so that both sides become the same, as far as one of them has a right to win.
///
/// A pure function, symmetric in the sides in two-way mode. Subtrees with equal digests are not
/// entered, so the cost follows what changed.
/// - Parameters:
///   - archive: what both sides last agreed on; empty where nothing is known.
///   - laptop: what stands on the laptop.
///   - vm: what stands on the vm.
///   - mode: which way changes travel.
/// - Returns: the plan; files and subtrees that only moved are renames in it.
public func reconcile(archive: Tree, laptop: Tree, vm: Tree, mode: SyncMode) -> Plan {
    reconcile(archive: archive, laptop: laptop, vm: vm, modes: ModeMap(mode))
}

/// What to do so that both sides become the same, with a mode for each path.
///
/// What lies under mode `off` is untouched on both sides, never listed, and forgotten by the archive:
/// so switching it on again deletes nothing. Only a pair that is off as a whole keeps its archive.
/// - Parameters:
///   - archive: what both sides last agreed on; empty where nothing is known.
///   - laptop: what stands on the laptop.
///   - vm: what stands on the vm.
///   - modes: which way changes travel.
///   - resolutions: a person's answers to conflicts; those that no longer fit do nothing.
///   - folding: which names a side takes for the same.
/// - Returns: the plan; files and subtrees that only moved are renames in it.
public func reconcile(
    archive: Tree,
    laptop: Tree,
    vm: Tree,
    modes: ModeMap,
    resolutions: [Resolution] = [],
    folding: SideFolding = SideFolding()
) -> Plan {
    let regions = ModeRegions(modes)
    guard modes.whole != .off || !regions.boundaries.isEmpty else { return Plan() }
    var (archive, laptop, vm) = (archive, laptop, vm)
    // A stale digest would hide a change, and so lose it.
    archive.rehash()
    laptop.rehash()
    vm.rehash()
    var reconciler = Reconciler(archive: archive, laptop: laptop, vm: vm, regions: regions)
    for resolution in resolutions { reconciler.resolutions[resolution.path] = resolution }
    reconciler.run(from: reconciler.top)
    reconciler.listProblems()
    reconciler.dropClashes(folding)
    var plan = reconciler.plan
    if reconciler.isOutOfOrder { plan.sort() }
    let mayMove = { (path: RelativePath) in !regions.beginsBelow(path) }
    plan.toVM = findSources(for: plan.toVM, sender: laptop, receiver: vm, mayMove: mayMove)
    plan.toLaptop = findSources(for: plan.toLaptop, sender: vm, receiver: laptop, mayMove: mayMove)
    return plan
}

/// Walks three trees at once and settles each path that is not the same in all of them.
struct Reconciler {
    /// One path, and what stands there in each tree.
    struct Place {
        var path: RelativePath
        var archive: Tree.ID?
        var laptop: Tree.ID?
        var vm: Tree.ID?
        var mode: SyncMode
        /// Whether another mode begins below it.
        var isMixed: Bool

        func id(_ side: Side) -> Tree.ID? { side == .laptop ? laptop : vm }
    }

    let archive: Tree
    let laptop: Tree
    let vm: Tree
    let regions: ModeRegions
    var resolutions: [RelativePath: Resolution] = [:]
    var plan = Plan()
    /// Whether something was planned elsewhere than where the walk stood.
    var isOutOfOrder = false

    init(archive: Tree, laptop: Tree, vm: Tree, regions: ModeRegions) {
        self.archive = archive
        self.laptop = laptop
        self.vm = vm
        self.regions = regions
    }

    var top: Place {
        Place(
            path: .root,
            archive: Tree.rootID,
            laptop: Tree.rootID,
            vm: Tree.rootID,
            mode: regions.whole,
            isMixed: !regions.boundaries.isEmpty
        )
    }

    func tree(_ side: Side) -> Tree { side == .laptop ? laptop : vm }

    func mayWrite(_ side: Side, _ mode: SyncMode) -> Bool {
        switch mode {
        case .twoWay: true
        case .push, .mirror: side == .vm
        case .pull: side == .laptop
        case .off: false
        }
    }

    /// An explicit stack: a path may have 32,768 components, a thread's stack not that many frames.
    mutating func run(from place: Place) {
        var pending = [place]
        while let place = pending.popLast() {
            if settle(place) { pending.append(contentsOf: children(of: place).reversed()) }
        }
    }

    /// Decides about one place; true means that both are directories to be compared child by child.
    private mutating func settle(_ place: Place) -> Bool {
        let (laptopKind, vmKind) = (kind(place, .laptop), kind(place, .vm))
        let areDirectories = laptopKind == .directory && vmKind == .directory
        if place.mode == .off, !place.isMixed || !areDirectories {
            forget(place)
            leaveInside(place)
            return false
        }
        if laptopKind == .other || vmKind == .other {
            if [nil, .other].contains(laptopKind) && [nil, .other].contains(vmKind) {
                // Where equal digests of a directory above hide the entry the archive would forget
                // it, too; and forgetting never removes anything.
                forget(place)
            }
            return false
        }
        if sidesAgree(place), !place.isMixed || !areDirectories {
            appendDifferences(archive, place.archive, laptop, place.laptop, to: &plan.agreed)
            return false
        }
        guard areDirectories else {
            if place.isMixed { decideMixed(place) } else { decide(place) }
            return false
        }
        if archiveState(place)?.kind != .directory {
            let made = Difference(path: place.path, old: archiveState(place), new: .directory)
            plan.agreed.append(made)
        }
        return true
    }

    /// Lets the archive forget what it holds at a place.
    mutating func forget(_ place: Place) {
        guard let old = archiveState(place) else { return }
        plan.agreed.append(Difference(path: place.path, old: old, new: nil))
    }
}

// MARK: - What stands at a place

extension Reconciler {
    func kind(_ place: Place, _ side: Side) -> EntryKind? {
        place.id(side).map { tree(side).kind(of: $0) }
    }

    func state(_ place: Place, _ side: Side) -> EntryState? {
        place.id(side).map { tree(side).state(of: $0) }
    }

    func archiveState(_ place: Place) -> EntryState? {
        place.archive.flatMap { archive.syncedState(of: $0) }
    }

    private func sidesAgree(_ place: Place) -> Bool {
        guard let l = place.laptop, let v = place.vm else {
            return place.laptop == nil && place.vm == nil
        }
        return Tree.same(laptop, l, vm, v)
    }

    /// Whether a side is not what the archive says.
    func changed(_ place: Place, _ side: Side) -> Bool {
        guard archiveState(place) != nil, let old = place.archive else {
            return place.id(side) != nil
        }
        guard let new = place.id(side) else { return true }
        return !Tree.same(archive, old, tree(side), new)
    }

    /// Lists the entries that never travel; they stand in no digest, so no walk would find them.
    mutating func listProblems() {
        for side in Side.allCases where !tree(side).others.isEmpty {
            let tree = tree(side)
            for id in tree.others {
                let path = tree.path(of: id)
                guard regions.mode(of: path) != .off else { continue }
                plan.problems.append(ProblemEntry(path: path, side: side, reason: .special))
            }
        }
        plan.problems.sort {
            $0.path == $1.path ? $0.side == .laptop && $1.side == .vm : $0.path < $1.path
        }
    }
}
