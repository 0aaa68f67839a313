import TandemFiles

/// Reports about garbage for a terminal: counts first, a line for each machine.
struct GarbageText {
    let reports: [GarbageReport]
    let action: GarbageJob.Action
    let now: Int64
    let showsAll: Bool

    var lines: [StyledText] {
        let width = reports.map(\.side.count).max() ?? 0
        var lines = reports.map { report in
            let side = report.side + String(repeating: " ", count: width - report.side.count)
            return StyledText(side, .strong) + StyledText("  \(counts(of: report))")
        }
        for report in reports { lines += remarks(of: report) }
        if let advice { lines.append(StyledText(advice)) }
        if case .look = action, showsAll { lines += reports.flatMap(batches) }
        return lines
    }

    private func counts(of report: GarbageReport) -> String {
        switch action {
        case .undo: return "\(Quantities.count(report.moved, "entry", "entries")) brought back"
        case .forget: return "thrown away for good"
        case .look, .clean: break
        }
        guard report.entries > 0 else { return "no garbage" }
        let kinds = report.kinds.map { "\($0.kind) \(Quantities.count($0.entries))" }
        let verb =
            if case .clean = action { ", \(Quantities.count(report.moved)) shelved" } else { "" }
        return
            "\(Quantities.count(report.files, "file"))  \(Quantities.bytes(report.bytes))\(verb)"
            + "  (\(kinds.joined(separator: ", ")))"
    }

    private func remarks(of report: GarbageReport) -> [StyledText] {
        guard report.leftCount > 0 else { return [] }
        let shown = report.left.prefix(showsAll ? report.left.count : ReportText.listLimit)
        let title = "\(Quantities.count(report.leftCount)) left alone on \(report.side)"
        return [StyledText(title, .warning)]
            + shown.map { StyledText("  \($0.path): \($0.reason)") }
    }

    private var advice: String? {
        switch action {
        case .look:
            return reports.contains { $0.entries > 0 } ? "clean with: tandem garbage --clean" : nil
        case .clean(let id):
            guard reports.contains(where: { $0.moved > 0 }) else { return nil }
            let both = reports.count > 1 ? " --both" : ""
            return "undo with: tandem garbage\(both) --undo \(id)"
        case .undo, .forget: return nil
        }
    }

    private func batches(of report: GarbageReport) -> [StyledText] {
        report.batches.map { batch in
            StyledText(
                "  \(report.side): \(batch.id), \(Quantities.count(batch.entries, "entry", "entries")) "
                    + "cleaned \(Quantities.ago(batch.time, now: now))"
            )
        }
    }
}
