import TandemControl
import TandemTree

/// The pairs for people.
struct StatusText: Sendable {
    let states: [PairState]
    let now: Int64
    let showsAll: Bool

    init(_ states: [PairState], now: Int64, showsAll: Bool) {
        self.states = states
        self.now = now
        self.showsAll = showsAll
    }

    var lines: [StyledText] {
        guard !states.isEmpty else {
            return ["no pair yet", "  next: tandem pair DIRECTORY host:path"]
        }
        var lines = states.count > 1 ? [summary] : []
        let width = states.map(\.entry.name.count).max() ?? 0
        for state in states {
            if let live = state.live {
                let limit = showsAll ? Int.max : ReportText.listLimit
                let text = LiveText(
                    status: live,
                    now: now,
                    nameWidth: width,
                    problemLimit: limit
                )
                lines.append(text.head)
                lines += text.details
            } else {
                lines.append(head(state, width: width))
                lines += details(state)
            }
        }
        return lines
    }

    private var summary: StyledText {
        let verdict = states.map(\.verdict).max() ?? .ok
        let open = states.count { $0.exitCode != .done }
        let count = Quantities.count(states.count, "pair")
        guard open > 0 else { return StyledText("\(verdict.rawValue): \(count)", verdict.tone) }
        let need = "\(count), \(open) need\(open == 1 ? "s" : "") attention"
        return StyledText("\(verdict.rawValue): \(need)", verdict.tone)
    }

    private func head(_ state: PairState, width: Int) -> StyledText {
        let name = state.entry.name
        let gap = String(repeating: " ", count: max(width - name.count, 0))
        return StyledText("● ", tone(state.word)) + StyledText("\(name)\(gap)  ", .strong)
            + StyledText(sentence(state), tone(state.word))
            + StyledText("  \(state.entry.root) → \(state.entry.destination)", .faint)
    }

    private func tone(_ word: PairState.Word) -> Tone {
        switch word {
        case .good: .good
        case .new, .working: .plain
        case .attention: .warning
        case .halted, .failed: .bad
        }
    }

    private func sentence(_ state: PairState) -> String {
        if let holder = state.holder {
            return holder.pid.map { "working (process \($0))" } ?? "working"
        }
        guard let run = state.lastRun else { return "never pushed" }
        let ago = Quantities.ago(run.time, now: now)
        switch state.word {
        case .good where run.isInSync: return "was in sync \(ago)"
        case .good: return "pushed \(ago)" + (run.isCompared ? "" : ", vm side not compared")
        case .attention: return "attention: \(openEnds(run)) (\(ago))"
        case .halted: return "halted \(ago)"
        default:
            let isInterrupted = run.exitCode == ExitCode.interrupted.rawValue
            return "\(isInterrupted ? "interrupted" : "failed") \(ago)"
        }
    }

    private func openEnds(_ run: RunRecord) -> String {
        var parts: [String] = []
        if run.conflicts.count > 0 {
            parts.append(Quantities.count(run.conflicts.count, "conflict"))
        }
        if run.notApplied.count > 0 { parts.append("\(run.notApplied.count) not applied") }
        if run.unsyncable.count > 0 { parts.append("\(run.unsyncable.count) cannot be synced") }
        return parts.joined(separator: ", ")
    }

    private func details(_ state: PairState) -> [StyledText] {
        guard let run = state.lastRun else {
            return [StyledText("  next: tandem plan \(state.entry.name)")]
        }
        var lines: [StyledText] = []
        if state.word == .failed || state.word == .halted {
            lines.append(StyledText("  \(run.summary)"))
        } else {
            let tree = "tree \(run.tree.prefix(7)), generation \(run.generation)"
            let entries = Quantities.count(run.entries, "entry", "entries")
            lines.append(StyledText("  \(entries), \(tree)", .faint))
        }
        lines += list("conflicts, left alone on both sides:", run.conflicts)
        lines += list("not applied:", run.notApplied)
        lines += list("cannot be synced:", run.unsyncable)
        return lines
    }

    private func list(_ title: String, _ remarks: RunRecord.Remarks) -> [StyledText] {
        guard remarks.count > 0 else { return [] }
        let shown = showsAll ? remarks.first[...] : remarks.first.prefix(ReportText.listLimit)
        let width = shown.map(\.shown.count).max() ?? 0
        var lines = [StyledText("  \(title)", .warning)]
        for remark in shown {
            let gap = String(repeating: " ", count: max(width - remark.shown.count, 0))
            lines.append(StyledText("    \(remark.shown)\(gap)  \(remark.reason)"))
        }
        if shown.count < remarks.count {
            let rest = Quantities.count(remarks.count - shown.count)
            let how = showsAll ? "" : " (--all)"
            lines.append(StyledText("    … and \(rest) more\(how)", .faint))
        }
        return lines
    }
}
