/// Directories that one side lacks while several modes hold inside.
///
/// What has the directory's own mode is decided as one; each region of another mode then decides
/// for itself. No removal of the directory takes along what a region keeps.
extension Reconciler {
    /// A region inside a directory, and what its own mode makes of it.
    private struct Region {
        var path: RelativePath
        var plan: Plan
        /// Whether the side that has the directory still has something there afterwards.
        var isKept: Bool
        /// Whether something of it is made on the side that lacks the directory.
        var isMadeAnew: Bool
    }

    /// Decides about a place that is a directory on at most one side.
    mutating func decideMixed(_ place: Place) {
        guard let holder = Side.allCases.first(where: { kind(place, $0) == .directory }) else {
            return decide(place)
        }
        isOutOfOrder = true
        let bare = holder.other
        if place.mode == .mirror {
            return holder == .laptop ? bring(place, to: .vm) : clear(place, on: .vm)
        }
        let own = ownDifferences(place, on: holder)
        switch (changed(place, bare), own.map { !$0.isEmpty } ?? true) {
        case (false, _):
            if mayWrite(bare, place.mode) {
                bring(place, to: bare)
            } else {
                leave(place, to: holder)
            }
        case (true, false): clear(place, on: holder)
        case (true, true):
            if place.id(bare) != nil {
                conflict(place, archiveState(place) == nil ? .bothCreated : .kindChanged)
            } else if let own, own.allSatisfy({ $0.new == nil }) {
                clear(place, on: holder)
            } else if mayWrite(bare, place.mode) {
                bring(place, to: bare)
            } else {
                conflict(place, .removedAndChanged)
            }
        }
    }

    /// What of the directory's own mode differs from the archive; nil where that has no directory.
    private func ownDifferences(_ place: Place, on holder: Side) -> [Difference]? {
        guard let old = place.archive, archive.kind(of: old) == .directory else { return nil }
        var found: [Difference] = []
        appendDifferences(archive, old, tree(holder), place.id(holder), to: &found)
        let region = regions.region(of: place.path)
        return found.filter { regions.region(of: $0.path) == region }
    }

    /// What is off is left; a region of another mode inside it stays with the side that has it.
    mutating func leaveInside(_ place: Place) {
        guard place.isMixed else { return }
        isOutOfOrder = true
        for part in regions.below(place.path) where part.mode != .off {
            let inner = self.place(at: part.path)
            for side in Side.allCases where inner.id(side) != nil { leave(inner, to: side) }
        }
    }

    // MARK: Making it

    /// Makes the directory on the side that lacks it, then lets each region decide for itself.
    mutating func bring(_ place: Place, to bare: Side) {
        isOutOfOrder = true
        emit(place.path, expected: state(place, bare), from: place.id(bare.other), to: bare)
        let own = ownDifferences(place, on: bare.other) ?? []
        plan.agreed.append(contentsOf: own.filter { $0.new == nil })
        for part in regions.directlyBelow(place.path) { run(from: self.place(at: part.path)) }
    }

    // MARK: Removing it

    private mutating func clear(_ place: Place, on holder: Side) {
        guard mayWrite(holder, place.mode) else { return leave(place, to: holder.other) }
        if tryClear(place, on: holder) { return }
        let bare = holder.other
        let isReplaced = place.id(bare) != nil
        if !isReplaced, place.mode != .mirror, mayWrite(bare, place.mode),
            regionsInside(place, on: holder).contains(where: \.isMadeAnew)
        {
            // An edit in a region beats the removal, and needs its directory.
            bring(place, to: bare)
        } else {
            conflict(place, isReplaced ? .kindChanged : .removedAndChanged)
        }
    }

    /// Removes the directory, or replaces it; what a region keeps stays, with what leads to it.
    ///
    /// False where that cannot be: something else shall stand there, or a region needs the
    /// directory on the side that removed it, or it holds what no digest covers.
    mutating func tryClear(_ place: Place, on holder: Side) -> Bool {
        isOutOfOrder = true
        let inside = regionsInside(place, on: holder)
        guard inside.allSatisfy({ !$0.isMadeAnew }) else { return false }
        let kept = inside.filter(\.isKept).map(\.path)
        if kept.isEmpty { return tryOverwrite(place, on: holder) }
        guard place.id(holder.other) == nil, let removals = removals(place, holder, around: kept)
        else { return false }
        plan.append(removals, for: holder)
        for region in inside where !isCovered(region.path, by: removals) {
            plan.append(region.plan)
        }
        let own = ownDifferences(place, on: holder) ?? []
        plan.agreed.append(contentsOf: own.filter { $0.new == nil })
        return true
    }

    /// The regions directly inside of which the directory's holder has something.
    private func regionsInside(_ place: Place, on holder: Side) -> [Region] {
        regions.directlyBelow(place.path).compactMap { part in
            let inner = self.place(at: part.path)
            guard inner.id(holder) != nil else { return nil }
            var scratch = self
            scratch.plan = Plan()
            scratch.run(from: inner)
            let removesAll = scratch.plan.changes(for: holder)
                .contains { $0.path == part.path && $0.new == nil }
            return Region(
                path: part.path,
                plan: scratch.plan,
                isKept: !removesAll,
                isMadeAnew: scratch.plan.changes(for: holder.other).contains { $0.new != nil }
            )
        }
    }

    /// What to remove so that only `kept` is left; nil where that holds what no digest covers.
    private func removals(
        _ place: Place,
        _ holder: Side,
        around kept: [RelativePath]
    ) -> [Change]? {
        guard let top = place.id(holder) else { return [] }
        let tree = tree(holder)
        var changes: [Change] = []
        var isPossible = true
        tree.forEach(from: top) { id, bytes in
            let path = RelativePath(trusted: bytes)
            if id == top || kept.contains(where: { $0.isDescendant(of: path) }) { return true }
            if regions.begins(at: path) { return false }
            if tree.holdsOther(id) { isPossible = false }
            changes.append(Change(path: path, expected: tree.state(of: id), new: nil))
            return false
        }
        return isPossible ? changes : nil
    }

    private func isCovered(_ path: RelativePath, by removals: [Change]) -> Bool {
        removals.contains { path.isDescendant(of: $0.path) }
    }

    private func place(at path: RelativePath) -> Place {
        Place(
            path: path,
            archive: archive.find(path),
            laptop: laptop.find(path),
            vm: vm.find(path),
            mode: regions.mode(of: path),
            isMixed: regions.beginsBelow(path)
        )
    }
}
