import TandemControl
import TandemTree

/// A pair that the agent keeps in sync, in lines for people.
struct LiveText {
    let status: PairStatus
    let now: Int64
    var nameWidth = 0
    var problemLimit = ReportText.listLimit

    /// `● shop   ok         in sync`.
    var head: StyledText {
        let verdict = status.verdict
        return StyledText("● ", verdict.tone)
            + StyledText(Self.padded(escaped(status.pair.name.utf8), nameWidth) + "  ", .strong)
            + StyledText(Self.padded(verdict.rawValue, Self.verdictWidth) + "  ", verdict.tone)
            + StyledText(escaped(status.headline.utf8))
    }

    private static let verdictWidth = Verdict.allCases.map(\.rawValue.count).max() ?? 0

    /// What belongs below the head.
    var details: [StyledText] {
        var lines = [StyledText("    \(status.pair.root) ⇄ \(status.pair.vm)", .faint)]
        lines.append(StyledText("    \(facts.joined(separator: "  "))", .faint))
        if let needs = status.needs { lines.append(StyledText("    needs: \(needs)", .warning)) }
        if let watch = status.watch { lines.append(StyledText("    watch: \(watch)", .warning)) }
        if status.conflicts > 0 {
            let count = Quantities.count(status.conflicts, "conflict")
            lines.append(
                StyledText(
                    "    \(count), left alone → tandem conflicts \(status.pair.name)",
                    .warning
                )
            )
        }
        return lines + problems
    }

    private var problems: [StyledText] {
        guard status.problemCount > 0 else { return [] }
        let shown = status.problems.prefix(problemLimit)
        let count = Quantities.count(status.problemCount, "entry", "entries")
        var lines = [StyledText("    \(count) cannot be synced:", .warning)]
        for problem in shown {
            lines.append(StyledText("      \(problem.path.path)  \(problem.reason)"))
        }
        if shown.count < status.problemCount {
            let rest = Quantities.count(status.problemCount - shown.count)
            lines.append(StyledText("      … and \(rest) more", .faint))
        }
        return lines
    }

    /// The figures, as far as they are known.
    var facts: [String] {
        var facts: [String] = []
        if status.laptopEntries > 0 {
            facts.append(Quantities.count(status.laptopEntries, "entry", "entries"))
        }
        if let tree = status.tree { facts.append("tree \(tree.prefix(7))") }
        if status.generation > 0 { facts.append("generation \(status.generation)") }
        if let lag = status.lag { facts.append("lag \(Quantities.latency(lag))") }
        if let last = status.lastSync {
            facts.append("in sync \(Quantities.ago(last, now: now))")
        }
        if status.pendingToVM > 0 {
            facts.append("\(Quantities.count(status.pendingToVM)) to the vm")
        }
        if status.pendingToLaptop > 0 {
            facts.append("\(Quantities.count(status.pendingToLaptop)) to the laptop")
        }
        if let retry = status.retryAt, retry > now {
            facts.append("tries again in \(Quantities.duration(.nanoseconds(retry - now)))")
        }
        return facts.isEmpty ? ["nothing is known yet"] : facts
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }
}

extension Verdict {
    var tone: Tone {
        switch self {
        case .ok: .good
        case .working: .plain
        case .attention: .warning
        case .broken: .bad
        }
    }

    /// What a command that looked at a pair ends with.
    var exitCode: ExitCode {
        switch self {
        case .ok, .working: .done
        case .attention: .attention
        case .broken: .failed
        }
    }
}
