import TandemControl
import TandemSync
import TandemTree

extension PlanAnswer {
    /// A live session's plan in the words of the control protocol; long lists are counted.
    init(_ live: LivePlan, status: PairStatus) {
        self.init(
            laptopEntries: live.laptopEntries,
            vmEntries: live.vmEntries,
            isComplete: live.isComplete,
            status: status
        )
        let plan = live.plan
        toVM = Part(plan.toVM)
        toLaptop = Part(plan.toLaptop)
        conflictCount = plan.conflicts.count
        heldByLaptop = plan.conflicts.count { $0.laptop != nil }
        heldByVM = plan.conflicts.count { $0.vm != nil }
        conflicts = plan.conflicts.prefix(Self.listed).map { conflict in
            Conflict(
                path: WirePath(conflict.path),
                reason: conflict.reason.rawValue,
                base: conflict.base.map { WireState($0) },
                laptop: conflict.laptop.map { WireState($0) },
                vm: conflict.vm.map { WireState($0) }
            )
        }
        vmOnly = plan.vmOnly.count
        laptopOnly = plan.laptopOnly.count
        problemCount = plan.problems.count
        problems = plan.problems.prefix(PairStatus.listedProblems).map {
            PairStatus.Problem(path: WirePath($0.path), reason: $0.reason.sentence)
        }
    }
}

extension PlanAnswer.Part {
    fileprivate init(_ changes: [Change]) {
        self.init()
        count = changes.count
        for change in changes {
            if case .move(let source) = change.source {
                if items.count < PlanAnswer.listed {
                    items.append(.init(change, source: WirePath(source)))
                }
                continue
            }
            if let new = change.new, new.kind == .file, change.source == nil { bytes += new.size }
            if change.expected != nil { shelved += 1 }
            if items.count < PlanAnswer.listed { items.append(.init(change, source: nil)) }
        }
    }
}

extension PlanAnswer.Item {
    fileprivate init(_ change: Change, source: WirePath?) {
        self.init(
            path: WirePath(change.path),
            old: change.expected.map { WireState($0) },
            new: change.new.map { WireState($0) },
            source: source
        )
    }
}
