import TandemTree

/// The promises, as the model can see them broken.
extension PlannerModel {
    /// Nothing a user wrote, and nobody who saw it removed, is gone.
    func checkDisplaced(_ displaced: [Digest], by change: Change, on side: Side) throws {
        for digest in displaced where live.contains(digest) && !shelf.contains(digest) {
            guard !laptop.holds(digest), !vm.holds(digest) else { continue }
            throw Violation(promise: "no loss", what: "\(change) on \(side.rawValue)")
        }
    }

    /// A change goes where the mode lets it, and never against the only side that changed.
    func checkDirections(of plan: Plan) throws {
        for side in Side.allCases {
            for change in plan.changes(for: side) {
                let mode = modes.mode(of: change.path)
                guard mayWrite(side, mode), !removesProtected(change, on: side) else {
                    throw Violation(promise: "mode", what: "\(change) to \(side.rawValue)")
                }
                guard mode != .mirror, let old = change.expected, old.kind == .file else {
                    continue
                }
                let base = archive.state(at: change.path)
                let sent = self[side.other].state(at: change.path)
                if old != base && sent == base && base != nil {
                    throw Violation(promise: "direction", what: "\(change) to \(side.rawValue)")
                }
            }
        }
    }

    private func removesProtected(_ change: Change, on side: Side) -> Bool {
        guard !modes.isUniform, change.expected?.kind == .directory,
            change.new?.kind != .directory, let id = self[side].find(change.path)
        else { return false }
        var isProtected = false
        self[side].forEach(from: id) { _, bytes in
            if !mayWrite(side, modes.mode(of: RelativePath(trusted: bytes))) { isProtected = true }
            return true
        }
        return isProtected
    }

    private func mayWrite(_ side: Side, _ mode: SyncMode) -> Bool {
        switch mode {
        case .twoWay: true
        case .push, .mirror: side == .vm
        case .pull: side == .laptop
        case .off: false
        }
    }

    /// When users and faults stop, two cycles make the sides the same but for conflicts.
    mutating func comeToRest() throws {
        try cycle(isCalm: true)
        try cycle(isCalm: true)
        let plan = self.plan()
        guard plan.changesNothing else {
            throw Violation(promise: "quiescence", what: "\(plan)")
        }
        guard isTwoWay else { return }
        let open = plan.conflicts.map(\.path)
        guard same(laptop, vm, outside: open), same(archive, vm, outside: open) else {
            throw Violation(promise: "convergence", what: "the sides differ outside \(open)")
        }
        try checkConflicts(plan)
        if bug == nil {
            for digest in live where !laptop.holds(digest) && !vm.holds(digest) {
                throw Violation(promise: "no loss", what: "a value is nowhere: \(digest)")
            }
        }
    }

    /// Conflicts are the same after a restart and with the sides exchanged.
    private func checkConflicts(_ plan: Plan) throws {
        guard !plan.conflicts.isEmpty else { return }
        let again = self.plan().conflicts.map(\.path)
        let mirrored = reconcile(archive: archive, laptop: vm, vm: laptop, modes: modes)
        let open = plan.conflicts.map(\.path)
        guard again == open, mirrored.conflicts.map(\.path) == open else {
            throw Violation(promise: "stable conflicts", what: "\(open)")
        }
    }

    private func same(_ left: Tree, _ right: Tree, outside open: [RelativePath]) -> Bool {
        if left.rootDigest == right.rootDigest { return true }
        return differences(from: left, to: right).allSatisfy { difference in
            open.contains { $0 == difference.path || difference.path.isDescendant(of: $0) }
        }
    }
}

extension Tree {
    /// Whether a file with this digest stands anywhere.
    func holds(_ digest: Digest) -> Bool {
        var pending = [Tree.rootID]
        while let current = pending.popLast() {
            if kind(of: current) == .file && self.digest(of: current) == digest { return true }
            pending.append(contentsOf: childIDs(of: current))
        }
        return false
    }
}
