import TandemControl

/// What a reset would do, for people.
struct ResetText {
    let plan: PlanAnswer
    let keep: KeptSide?

    init(_ plan: PlanAnswer, keep: KeptSide?) {
        self.plan = plan
        self.keep = keep
    }

    /// The lines, without line ends.
    var lines: [StyledText] {
        let laptop = Quantities.count(plan.laptopEntries, "entry", "entries")
        let vm = Quantities.count(plan.vmEntries, "entry", "entries")
        var lines: [StyledText] = [
            StyledText("  compared afresh: \(laptop) on the laptop, \(vm) on the vm"),
            StyledText("  \(differences)"),
        ]
        lines += LivePlanText(plan).differences.map { StyledText("  ") + $0 }
        lines += [StyledText("  \(shelf)"), StyledText("  \(Self.union)")]
        return lines
    }

    /// What is said where both sides cannot be compared now.
    static func words(_ status: PairStatus, keep: KeptSide?) -> [StyledText] {
        let laptop = Quantities.count(status.laptopEntries, "entry", "entries")
        let vm = Quantities.count(status.vmEntries, "entry", "entries")
        return [
            StyledText("  last seen: \(laptop) on the laptop, \(vm) on the vm"),
            StyledText("  Files that differ \(fate(keep))."),
            StyledText("  \(union)"),
        ]
    }

    private static let union =
        "What only one side has comes to the other, also what was deleted on one side and not yet "
        + "on the other. Nothing is deleted."

    private static func fate(_ keep: KeptSide?) -> String {
        switch keep {
        case nil: "become conflicts; both versions stay where they are"
        case .laptop: "get the laptop's version; the vm's goes to its shelf"
        case .vm: "get the vm's version; the laptop's goes to its shelf"
        }
    }

    private var differences: String {
        let parts = [
            (plan.toVM.count, "only on the laptop"), (plan.toLaptop.count, "only on the vm"),
            (plan.conflictCount, "on both and different"),
        ].filter { $0.0 > 0 }
        guard !parts.isEmpty else { return "both sides are the same now" }
        return parts.map { "\(Quantities.count($0.0)) \($0.1)" }.joined(separator: ", ")
    }

    private var shelf: String {
        guard plan.conflictCount > 0 else { return "Nothing goes to a shelf." }
        let count =
            switch keep {
            case nil: 0
            case .laptop: plan.heldByVM
            case .vm: plan.heldByLaptop
            }
        let what = "What differs \(Self.fate(keep))"
        return count == 0 ? "\(what)." : "\(what): \(Quantities.count(count, "version"))."
    }
}
