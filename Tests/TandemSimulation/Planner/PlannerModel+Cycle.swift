import TandemTestSupport
import TandemTree

/// One cycle: look, plan, apply, save the archive; others act in between unless it is calm.
extension PlannerModel {
    /// What a cycle has done so far.
    private struct Progress {
        var seen: (laptop: Tree, vm: Tree)
        var applied: [Side: Set<RelativePath>] = [.laptop: [], .vm: []]
    }

    mutating func cycle(isCalm: Bool) throws {
        step()
        if vmToken != archiveToken && bug != .trustsEmptyRoot { archive = Tree() }
        var progress = Progress(seen: (laptop, vm))
        let plan = self.plan()
        try checkDirections(of: plan)
        interfere(isCalm)
        if bug == .savesArchiveFirst { save(plan, done: everything(in: plan), progress) }
        if isCrash(isCalm) { return }
        // The laptop's side first: what both sides must do, the vm does only if the laptop did.
        for change in inSomeOrder(plan.toLaptop, isCalm) {
            if isCrash(isCalm) { return }
            interfere(isCalm)
            try apply(change, of: plan, to: .laptop, &progress)
        }
        let both = Set(plan.toLaptop.map(\.path))
        for change in inSomeOrder(plan.toVM, isCalm) {
            if isCrash(isCalm) { return }
            interfere(isCalm)
            let isWanted = !both.contains(change.path) || isDone(change.path, .laptop, progress)
            if isWanted || bug == .archivesHalf { try apply(change, of: plan, to: .vm, &progress) }
        }
        if isCrash(isCalm) {
            // The vm's list of what it did may survive, and the archive is rolled forward from it.
            if generator.chance(2) { rollForward(plan, progress) }
            return
        }
        save(plan, done: progress.applied, progress)
    }

    /// Any order while others act: what came before its directory is refused, and comes again.
    private mutating func inSomeOrder(_ changes: [Change], _ isCalm: Bool) -> [Change] {
        isCalm ? changes : changes.shuffled(using: &generator)
    }

    private mutating func interfere(_ isCalm: Bool) {
        if !isCalm && generator.chance(6) { edit() }
    }

    private mutating func isCrash(_ isCalm: Bool) -> Bool { !isCalm && generator.chance(40) }

    private func isDone(_ path: RelativePath, _ side: Side, _ progress: Progress) -> Bool {
        progress.applied[side]?.contains(path) ?? false
    }

    private func everything(in plan: Plan) -> [Side: Set<RelativePath>] {
        [.laptop: Set(plan.toLaptop.map(\.path)), .vm: Set(plan.toVM.map(\.path))]
    }

    // MARK: Planning

    func plan() -> Plan {
        let plan = reconcile(archive: archive, laptop: laptop, vm: vm, modes: modes)
        switch bug {
        case .lastWriterWins:
            let answers = plan.conflicts.map { Resolution($0, keep: .laptop) }
            return reconcile(
                archive: archive,
                laptop: laptop,
                vm: vm,
                modes: modes,
                resolutions: answers
            )
        case .deleteBeatsEdit: return removingEdits(plan)
        default: return plan
        }
    }

    /// Turns each re-creation of what the receiver removed into a removal at the sender.
    private func removingEdits(_ plan: Plan) -> Plan {
        var plan = plan
        for side in Side.allCases {
            let edits = plan.changes(for: side).filter { change in
                change.expected == nil && change.new?.kind == .file && change.source == nil
                    && archive.state(at: change.path)?.kind == .file
            }
            let removals = edits.map { Change(path: $0.path, expected: $0.new, new: nil) }
            if side == .vm {
                plan.toVM.removeAll { edits.contains($0) }
                plan.toLaptop += removals
            } else {
                plan.toLaptop.removeAll { edits.contains($0) }
                plan.toVM += removals
            }
        }
        return plan
    }

    // MARK: Applying

    /// Compares and swaps; what does not fit is left for the next cycle.
    private mutating func apply(
        _ change: Change,
        of plan: Plan,
        to side: Side,
        _ progress: inout Progress
    ) throws {
        step()
        var tree = self[side]
        let skips = bug == .skipsRecheck
        if !skips {
            guard tree.state(at: change.path) == change.expected else { return }
            guard canBring(change, of: plan, to: side) else { return }
        }
        let displaced = tree.fileDigests(at: change.path)
        // Mirror displaces what only the vm has; that goes to the shelf.
        let mirrored = tree.fileDigests(at: change.path) { [modes] in
            modes.mode(of: tree.path(of: $0)) == .mirror
        }
        shelf.formUnion(mirrored)
        do throws(TreeError) {
            if case .move(let source) = change.source {
                if tree.find(change.path) != nil { return }
                try tree.move(from: source, to: change.path)
            } else if let new = change.new {
                if tree.state(at: change.path)?.kind == .directory { tree.remove(change.path) }
                try tree.put(change.path, new)
            } else {
                tree.remove(change.path)
            }
        } catch {
            // A parent was refused, and so is this.
            return
        }
        tree.rehash()
        self[side] = tree
        progress.applied[side]?.insert(change.path)
        try checkDisplaced(displaced, by: change, on: side)
    }

    /// Whether the content is where the change takes it from.
    private func canBring(_ change: Change, of plan: Plan, to side: Side) -> Bool {
        guard let new = change.new else { return true }
        switch change.source {
        case .move(let source): return self[side].state(at: source) == new
        case .copy: return true
        case nil:
            guard new.kind == .file, change.expected?.digest != new.digest else { return true }
            let origin = side == .laptop ? plan.origins[change.path] : nil
            return self[side.other].state(at: origin ?? change.path)?.digest == new.digest
        }
    }

    // MARK: Saving

    private mutating func save(
        _ plan: Plan,
        done: [Side: Set<RelativePath>],
        _ progress: Progress
    ) {
        take(plan.agreed)
        for side in Side.allCases { take(plan, side, done, progress) }
        archive.rehash()
        lastToken += 1
        (archiveToken, vmToken) = (lastToken, lastToken)
    }

    private mutating func rollForward(_ plan: Plan, _ progress: Progress) {
        take(plan, .vm, progress.applied, progress)
        archive.rehash()
        lastToken += 1
        (archiveToken, vmToken) = (lastToken, lastToken)
    }

    /// Takes what was done on one side; of what both must do, only what both did.
    private mutating func take(
        _ plan: Plan,
        _ side: Side,
        _ done: [Side: Set<RelativePath>],
        _ progress: Progress
    ) {
        let own = done[side] ?? []
        let others = Set(plan.changes(for: side.other).map(\.path)).subtracting(
            bug == .archivesHalf ? plan.changes(for: side.other).map(\.path)[...] : []
        )
        let theirs = done[side.other] ?? []
        let changes = plan.changes(for: side).filter { change in
            own.contains(change.path)
                && (!others.contains(change.path) || theirs.contains(change.path))
        }
        let seen = side == .laptop ? progress.seen.laptop : progress.seen.vm
        take(differences(made: changes, on: seen))
    }

    private mutating func take(_ differences: [Difference]) {
        for difference in differences {
            if let new = difference.new {
                // Where the parent was refused, this is not agreed either.
                _ = try? archive.put(difference.path, new)
            } else {
                archive.remove(difference.path)
            }
        }
    }
}
