package import TandemSync
import TandemTree

/// A push or plan for people: a verdict, then counts, then lists.
package struct ReportText: Sendable {
    /// How much of it is shown.
    package enum Detail: Sendable {
        case quiet
        case normal
        case verbose
    }

    /// A list is cut here unless all of it is asked for, so that the verdict stays on the screen.
    package static let listLimit = 20

    let report: PushReport
    let isPlan: Bool
    let vm: String
    let detail: Detail
    let showsAll: Bool

    package init(
        _ report: PushReport,
        isPlan: Bool,
        vm: String,
        detail: Detail = .normal,
        showsAll: Bool = false
    ) {
        self.report = report
        self.isPlan = isPlan
        self.vm = vm
        self.detail = detail
        self.showsAll = showsAll
    }

    /// The lines, without line ends.
    package var lines: [StyledText] {
        if detail == .quiet { return report.needsAttention ? [verdict] : [] }
        var lines = [verdict]
        if let counts { lines.append(counts) }
        if isPlan || detail == .verbose { lines += changeLines }
        let refusals = report.refusals.map { ($0.path.shown(as: nil), $0.reason) }
        let problems = report.problems.map { ($0.path.shown(as: nil), $0.reason) }
        lines += section("left alone as conflicts", report.conflicts.map(\.line), .warning)
        lines += section("not applied", refusals, .bad)
        lines += section("cannot be synced", problems, .warning)
        lines += vmOnlyLines
        lines += nowIgnoredLines
        if detail == .verbose { lines.append(traffic) }
        return lines
    }

    // MARK: - The first two lines

    private var verdict: StyledText {
        let rest = remarks.isEmpty ? "" : "; " + remarks.joined(separator: ", ")
        if isPlan {
            guard !report.changes.isEmpty else {
                return report.verdict == .inSync
                    ? StyledText("in sync", .good) + StyledText(": \(extent)")
                    : StyledText("nothing to push", .strong) + StyledText(" to \(vm)\(rest)")
            }
            return StyledText("would push \(work(report.changes.count))", .strong)
                + StyledText(" to \(vm)\(rest)")
        }
        let done = report.appliedCount == 0 ? "" : "pushed \(work(report.appliedCount)); "
        if report.verdict == .inSync {
            return StyledText("in sync", .good) + StyledText(": \(done)\(extent)")
        }
        let compared = report.isCompared ? "" : "; vm side not fully compared"
        let tone: Tone = report.needsAttention ? .warning : .strong
        let applied = report.appliedCount
        let start = applied == 0 ? "nothing to push" : "pushed \(work(applied))"
        return StyledText(start, tone) + StyledText(" to \(vm)\(compared)\(rest)")
    }

    private func work(_ count: Int) -> String {
        let size = report.plannedContentBytes
        return Quantities.count(count, "change") + (size == 0 ? "" : ", \(Quantities.bytes(size))")
    }

    private var extent: String {
        "\(Quantities.count(report.entries, "entry", "entries")), "
            + "tree \(report.treeDigest.hex.prefix(7)), generation \(report.generation)"
    }

    private var remarks: [String] {
        var remarks: [String] = []
        if !report.conflicts.isEmpty {
            remarks.append(Quantities.count(report.conflicts.count, "conflict"))
        }
        if !report.refusals.isEmpty { remarks.append("\(report.refusals.count) not applied") }
        if !report.problems.isEmpty {
            remarks.append("\(Quantities.count(report.problems.count)) cannot be synced")
        }
        return remarks
    }

    private var counts: StyledText? {
        let actions = report.changes.map { ChangeView($0).action }
        guard !actions.isEmpty else { return nil }
        let parts = ChangeView.Action.allCases.compactMap { action in
            let count = actions.count { $0 == action }
            return count == 0 ? nil : "\(Quantities.count(count)) \(action.rawValue)"
        }
        return StyledText("  " + parts.joined(separator: ", "))
    }

    // MARK: - Lists

    private var changeLines: [StyledText] {
        cut(report.changes).map(\.line) + rest(of: report.changes.count)
    }

    private func section(
        _ title: String,
        _ entries: [(path: String, reason: String)],
        _ tone: Tone
    ) -> [StyledText] {
        guard !entries.isEmpty else { return [] }
        let width = cut(entries).map(\.path.count).max() ?? 0
        let head = StyledText("\(Quantities.count(entries.count)) \(title):", tone)
        return [head]
            + cut(entries).map { entry in
                let gap = String(repeating: " ", count: max(width - entry.path.count, 0))
                return StyledText("  \(entry.path)\(gap)  \(entry.reason)")
            } + rest(of: entries.count)
    }

    private var vmOnlyLines: [StyledText] {
        let own = report.vmOnly
        guard !own.isEmpty else { return [] }
        let head = "the vm has \(Quantities.count(own.count, "change")) of its own, left alone"
        guard own.count > 1 else {
            return [StyledText("\(head): \(own[0].path.shown(as: own[0].new?.kind))")]
        }
        let listed = detail == .verbose || isPlan
        guard listed else { return [StyledText(head)] }
        return [StyledText("\(head):")]
            + cut(own).map { StyledText("  \($0.path.shown(as: $0.new?.kind))") }
            + rest(of: own.count)
    }

    private var nowIgnoredLines: [StyledText] {
        let paths = report.nowIgnored
        guard !paths.isEmpty else { return [] }
        let count = Quantities.count(paths.count, "entry", "entries")
        let verb = paths.count == 1 ? "is" : "are"
        return [StyledText("\(count) \(verb) ignored now; both sides keep what they have:")]
            + cut(paths).map { StyledText("  \($0.shown(as: nil))") } + rest(of: paths.count)
    }

    private var traffic: StyledText {
        StyledText(
            "  \(Quantities.bytes(report.sentContentBytes)) of content sent, "
                + "\(Quantities.bytes(report.wireBytesUp)) up and "
                + "\(Quantities.bytes(report.wireBytesDown)) down on the wire, "
                + "\(Quantities.count(report.hashedFiles, "file")) hashed",
            .faint
        )
    }

    private func cut<Element>(_ list: [Element]) -> ArraySlice<Element> {
        showsAll ? list[...] : list.prefix(Self.listLimit)
    }

    private func rest(of count: Int) -> [StyledText] {
        guard !showsAll, count > Self.listLimit else { return [] }
        let more = Quantities.count(count - Self.listLimit)
        return [StyledText("  … and \(more) more (--all)", .faint)]
    }
}

extension Conflict {
    /// The path, and what each side has.
    var line: (path: String, reason: String) {
        let kind = (laptop ?? vm ?? base)?.kind
        let mine = laptop?.summary ?? "absent"
        let theirs = vm?.summary ?? "absent"
        return (path.shown(as: kind), "\(reason.sentence) (laptop: \(mine); vm: \(theirs))")
    }
}
