/// The table: what happens to a place where the sides differ and are not both directories.
extension Reconciler {
    mutating func decide(_ place: Place) {
        if place.mode == .mirror { return overwrite(place, on: .vm) }
        switch (changed(place, .laptop), changed(place, .vm)) {
        case (true, false): propagate(place, from: .laptop)
        case (false, _): propagate(place, from: .vm)
        case (true, true): decideBothChanged(place)
        }
    }

    /// One side changed: its state wins, where the mode lets it.
    private mutating func propagate(_ place: Place, from side: Side) {
        guard mayWrite(side.other, place.mode) else { return leave(place, to: side) }
        overwrite(place, on: side.other)
    }

    private mutating func decideBothChanged(_ place: Place) {
        if place.laptop == nil { return decideRemoved(place, by: .laptop) }
        if place.vm == nil { return decideRemoved(place, by: .vm) }
        guard let base = archiveState(place) else { return conflict(place, .bothCreated) }
        if place.mode == .twoWay, merge(place, base: base) { return }
        let kinds = [base.kind, state(place, .laptop)?.kind, state(place, .vm)?.kind]
        let sameKind = kinds.allSatisfy { $0 == base.kind }
        conflict(place, sameKind ? .bothModified : .kindChanged)
    }

    /// One side removed what the other changed: the change wins, unless it only removed, too.
    private mutating func decideRemoved(_ place: Place, by side: Side) {
        if holdsNothingNew(place, on: side.other) {
            return propagate(place, from: side)
        }
        guard mayWrite(side, place.mode) else { return conflict(place, .removedAndChanged) }
        overwrite(place, on: side)
    }

    /// Whether a directory holds on this side only what the archive holds, and less of it.
    private func holdsNothingNew(_ place: Place, on side: Side) -> Bool {
        guard let old = place.archive, archive.kind(of: old) == .directory,
            let new = place.id(side), tree(side).kind(of: new) == .directory
        else { return false }
        var found: [Difference] = []
        appendDifferences(archive, old, tree(side), new, to: &found)
        return found.allSatisfy { $0.new == nil }
    }

    /// Merges a file of which one side changed the bytes and the other the execute bit.
    private mutating func merge(_ place: Place, base: EntryState) -> Bool {
        guard let laptop = state(place, .laptop), let vm = state(place, .vm),
            base.kind == .file, laptop.kind == .file, vm.kind == .file
        else { return false }
        let laptopWrote = laptop.digest != base.digest
        let vmWrote = vm.digest != base.digest
        if laptopWrote && vmWrote && laptop.digest != vm.digest { return false }
        var merged = laptopWrote ? laptop : vm
        // Of two values, a side that left the base's can only have gone to the other.
        let flipped = laptop.executable != base.executable || vm.executable != base.executable
        merged.executable = flipped ? !base.executable : base.executable
        if merged != vm {
            plan.toVM.append(Change(path: place.path, expected: vm, new: merged))
        }
        if merged != laptop {
            plan.toLaptop.append(Change(path: place.path, expected: laptop, new: merged))
        }
        return true
    }

    /// Leaves a place as it is on both sides, unless a person said what to keep.
    mutating func conflict(_ place: Place, _ reason: ConflictReason) {
        let conflict = Conflict(
            path: place.path,
            base: archiveState(place),
            laptop: state(place, .laptop),
            vm: state(place, .vm),
            reason: reason
        )
        if resolve(place, conflict) {
            plan.resolved.append(place.path)
        } else {
            plan.conflicts.append(conflict)
        }
    }

    mutating func leave(_ place: Place, to side: Side) {
        let own = Difference(path: place.path, old: archiveState(place), new: state(place, side))
        if side == .vm { plan.vmOnly.append(own) } else { plan.laptopOnly.append(own) }
    }

    /// Makes a place on one side what it is on the other.
    mutating func overwrite(_ place: Place, on side: Side) {
        if !tryOverwrite(place, on: side) { conflict(place, .holdsUnsyncable) }
    }

    /// The same; false where removing a directory would take along what no digest covers.
    mutating func tryOverwrite(_ place: Place, on side: Side) -> Bool {
        if let loser = place.id(side), tree(side).holdsOther(loser) { return false }
        let winner = place.id(side.other)
        emit(place.path, expected: state(place, side), from: winner, to: side)
        if let winner, let old = place.archive, place.id(side) == nil || isLeaf(place, on: side) {
            forget(place, old: old, new: winner, in: tree(side.other))
        }
        return true
    }

    private func isLeaf(_ place: Place, on side: Side) -> Bool {
        state(place, side)?.kind != .directory
    }

    /// Lets the archive forget what neither side has below a directory that is made anew.
    private mutating func forget(_ place: Place, old: Tree.ID, new: Tree.ID, in tree: Tree) {
        guard archive.kind(of: old) == .directory, tree.kind(of: new) == .directory else { return }
        var found: [Difference] = []
        appendDifferences(archive, old, tree, new, to: &found)
        plan.agreed.append(contentsOf: found.filter { $0.new == nil })
    }

    /// The changes that bring a subtree over, but for the regions of other modes inside.
    mutating func emit(
        _ path: RelativePath,
        expected: EntryState?,
        from winner: Tree.ID?,
        to side: Side
    ) {
        guard let winner else {
            return plan.append([Change(path: path, expected: expected, new: nil)], for: side)
        }
        let isMixed = regions.beginsBelow(path)
        let tree = tree(side.other)
        var changes: [Change] = []
        tree.forEach(from: winner) { id, bytes in
            guard let state = tree.syncedState(of: id) else { return false }
            let inner = RelativePath(trusted: bytes)
            if isMixed && id != winner && regions.begins(at: inner) { return false }
            changes.append(
                Change(
                    path: inner,
                    expected: id == winner ? expected : nil,
                    new: state.withoutDirectoryDigest
                )
            )
            return true
        }
        plan.append(changes, for: side)
    }
}
