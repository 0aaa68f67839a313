import TandemControl
import TandemTree

/// What the agent would do about a pair, for people: a verdict, then counts, then lists.
struct LivePlanText {
    let plan: PlanAnswer
    let showsAll: Bool

    init(_ plan: PlanAnswer, showsAll: Bool = false) {
        self.plan = plan
        self.showsAll = showsAll
    }

    /// The lines, without line ends.
    var lines: [StyledText] {
        var lines = [verdict] + differences + problemLines
        lines += ownLines
        if !plan.isComplete {
            lines.append(StyledText("not everything was looked at yet", .warning))
        }
        if let needs = plan.status.needs { lines.append(StyledText("needs: \(needs)", .warning)) }
        return lines
    }

    /// What differs, path by path.
    var differences: [StyledText] {
        part(plan.toVM, "to the vm") + part(plan.toLaptop, "to the laptop") + conflictLines
    }

    private var verdict: StyledText {
        let state = plan.status
        let count = plan.toVM.count + plan.toLaptop.count
        guard count > 0 else {
            return StyledText("nothing to do", .strong)
                + StyledText(": the agent keeps \(state.pair.name) in sync (\(state.headline))")
        }
        let changes = Quantities.count(count, "change")
        let act = state.phase == .halted ? "would be made, and is halted" : "to make now"
        return StyledText("\(changes) \(act)", .strong)
            + StyledText(": the agent keeps \(state.pair.name) in sync (\(state.headline))")
    }

    /// What comes to one side, with what its shelf gets.
    private func part(_ part: PlanAnswer.Part, _ side: String) -> [StyledText] {
        guard part.count > 0 else { return [] }
        var head = "\(Quantities.count(part.count, "change")) \(side)"
        if part.bytes > 0 { head += ", \(Quantities.bytes(part.bytes))" }
        if part.shelved > 0 { head += "; \(Quantities.count(part.shelved)) kept on its shelf" }
        return [StyledText("\(head):")]
            + cut(part.items).map(Self.line) + rest(of: part.count, carried: part.items.count)
    }

    private static func line(_ item: PlanAnswer.Item) -> StyledText {
        let change = item.change
        let view = ChangeView(change)
        let kind = (change.new ?? change.expected)?.kind
        var name = change.path.shown(as: kind)
        if let source = item.source { name = "\(source.path.shown(as: kind)) → \(name)" }
        let note = view.note.map { StyledText("  (\($0))", .faint) } ?? ""
        return StyledText("  \(view.action.letter)", view.action.tone)
            + StyledText("  \(name)") + note
    }

    private var conflictLines: [StyledText] {
        guard plan.conflictCount > 0 else { return [] }
        let count = Quantities.count(plan.conflictCount, "conflict")
        return [StyledText("\(count), left alone on both sides:", .warning)]
            + cut(plan.conflicts).map { conflict in
                let states = [conflict.laptop, conflict.vm].map { $0?.state?.summary ?? "absent" }
                let kind = (conflict.laptop ?? conflict.vm)?.state?.kind
                return StyledText(
                    "  \(conflict.path.path.shown(as: kind))"
                        + "  (laptop: \(states[0]); vm: \(states[1]))"
                )
            } + rest(of: plan.conflictCount, carried: plan.conflicts.count)
    }

    private var problemLines: [StyledText] {
        guard plan.problemCount > 0 else { return [] }
        let head = "\(Quantities.count(plan.problemCount)) cannot be synced:"
        return [StyledText(head, .warning)]
            + cut(plan.problems).map { problem in
                StyledText("  \(problem.path.path.shown(as: nil))  \(escaped(problem.reason.utf8))")
            } + rest(of: plan.problemCount, carried: plan.problems.count)
    }

    private var ownLines: [StyledText] {
        [(plan.vmOnly, "the vm"), (plan.laptopOnly, "the laptop")].compactMap { count, side in
            guard count > 0 else { return nil }
            let changes = Quantities.count(count, "change")
            return StyledText("\(side) has \(changes) of its own, left alone")
        }
    }

    private func cut<Element>(_ list: [Element]) -> ArraySlice<Element> {
        showsAll ? list[...] : list.prefix(ReportText.listLimit)
    }

    private func rest(of count: Int, carried: Int) -> [StyledText] {
        let shown = showsAll ? carried : min(carried, ReportText.listLimit)
        guard count > shown else { return [] }
        let hint = showsAll ? "" : " (--all)"
        return [StyledText("  … and \(Quantities.count(count - shown)) more\(hint)", .faint)]
    }
}

extension PlanAnswer.Item {
    /// The change, as far as it is carried.
    var change: Change {
        Change(
            path: path.path,
            expected: old?.state,
            new: new?.state,
            source: source.map { .move($0.path) }
        )
    }
}

extension PlanAnswer {
    /// Whether a person should look.
    var exitCode: ExitCode { conflictCount > 0 || problemCount > 0 ? .attention : .done }
}

/// The same as JSON.
struct LivePlanDocument: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var action: String
        var from: String?
        var old: StateDocument?
        var new: StateDocument?

        init(_ item: PlanAnswer.Item) {
            let name = PathDocument(item.path.path)
            path = name.path
            pathBytes = name.pathBytes
            action = ChangeView(item.change).action.rawValue
            from = item.source.map { PathDocument($0.path).path }
            old = item.old?.state.map { StateDocument($0) }
            new = item.new?.state.map { StateDocument($0) }
        }
    }

    struct Part: Encodable, Sendable {
        var count: Int
        var bytes: UInt64
        var shelved: Int
        /// The first of them.
        var changes: [Item]

        init(_ part: PlanAnswer.Part) {
            count = part.count
            bytes = part.bytes
            shelved = part.shelved
            changes = part.items.map { Item($0) }
        }
    }

    struct Conflict: Encodable, Sendable {
        var path: String
        var pathBytes: String?
        var reason: String
        var laptop: StateDocument?
        var vm: StateDocument?

        init(_ conflict: PlanAnswer.Conflict) {
            let name = PathDocument(conflict.path.path)
            path = name.path
            pathBytes = name.pathBytes
            reason = conflict.reason
            laptop = conflict.laptop?.state.map { StateDocument($0) }
            vm = conflict.vm?.state.map { StateDocument($0) }
        }
    }

    var schema = JSONDocument.schema
    var command = "plan"
    var pair: PairDocument
    /// Who planned.
    var by = "agent"
    var isComplete: Bool
    var laptopEntries: Int
    var vmEntries: Int
    var toVM: Part
    var toLaptop: Part
    var conflictCount: Int
    var conflicts: [Conflict]
    var problemCount: Int
    var vmOnly: Int
    var laptopOnly: Int
    var exitCode: Int32

    init(_ entry: PairEntry, _ plan: PlanAnswer) {
        pair = entry.document
        isComplete = plan.isComplete
        laptopEntries = plan.laptopEntries
        vmEntries = plan.vmEntries
        toVM = Part(plan.toVM)
        toLaptop = Part(plan.toLaptop)
        conflictCount = plan.conflictCount
        conflicts = plan.conflicts.map { Conflict($0) }
        problemCount = plan.problemCount
        vmOnly = plan.vmOnly
        laptopOnly = plan.laptopOnly
        exitCode = plan.exitCode.rawValue
    }
}
