import TandemManagement

/// A report for a terminal: the verdict, what is wrong, and a line for all that is not.
struct VerifyText {
    let report: VerifyReport
    let difference: VerifyReport.Difference?
    let showsAll: Bool

    var lines: [StyledText] {
        var lines = [StyledText(report.verdict, report.isClean ? .good : .bad)]
        lines.append(StyledText("  \(report.machine), \(report.time)", .faint))
        let shown = report.ranked.filter { showsAll || Self.isUrgent($0) }
        for row in shown { lines += Self.lines(of: row) }
        let hidden = report.rows.count - shown.count
        if hidden > 0 {
            lines.append(StyledText("\(hidden) more rows are as they should be (--all)", .faint))
        }
        if let difference { lines += Self.lines(of: difference) }
        return lines
    }

    private static func isUrgent(_ row: VerifyReport.Row) -> Bool {
        row.verdict == .violation || row.verdict == .unknown
    }

    private static func lines(of row: VerifyReport.Row) -> [StyledText] {
        let tone: Tone =
            switch row.verdict {
            case .violation: .bad
            case .unknown: .warning
            case .allowed: .plain
            case .ok: .good
            }
        let verdict = row.verdict.rawValue
        let word = verdict + String(repeating: " ", count: 10 - verdict.count)
        let place = VerifyReport.place(of: row)
        let side = place + String(repeating: " ", count: 7 - place.count)
        return [
            StyledText(word, tone) + StyledText("\(side)\(row.subject): \(row.evidence)"),
            StyledText(String(repeating: " ", count: 17) + row.method, .faint),
        ]
    }

    private static func lines(of difference: VerifyReport.Difference) -> [StyledText] {
        guard !difference.isEmpty else { return [StyledText("as the last time", .faint)] }
        var lines = [StyledText("since the last time:", .strong)]
        for row in difference.added { lines.append(StyledText("  + \(text(of: row))")) }
        for row in difference.removed { lines.append(StyledText("  - \(text(of: row))")) }
        for (old, new) in difference.changed {
            lines.append(StyledText("  ~ \(text(of: new))"))
            lines.append(StyledText("    was \(old.verdict.rawValue): \(old.evidence)", .faint))
        }
        return lines
    }

    private static func text(of row: VerifyReport.Row) -> String {
        "\(row.verdict.rawValue) \(VerifyReport.place(of: row)) \(row.subject): \(row.evidence)"
    }
}
