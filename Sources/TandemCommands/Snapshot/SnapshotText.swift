import TandemSnapshots
import TandemTree

/// Snapshots for people.
struct SnapshotText: Sendable {
    private let snapshots: [SnapshotInfo]
    private let now: Int64
    private let showsAll: Bool

    /// Takes snapshots newest first.
    init(_ snapshots: [SnapshotInfo], now: Int64, showsAll: Bool) {
        self.snapshots = snapshots
        self.now = now
        self.showsAll = showsAll
    }

    var lines: [StyledText] {
        guard !snapshots.isEmpty else {
            return ["there is no snapshot yet", "  take one: tandem snapshot now"]
        }
        let shown = showsAll ? snapshots[...] : snapshots.prefix(ReportText.listLimit)
        let cells = shown.map { info in
            [
                info.shortID, Quantities.ago(info.manifest.time, now: now),
                Quantities.count(info.manifest.files, "file"),
                Quantities.bytes(info.manifest.bytes),
                "+" + Quantities.bytes(info.manifest.storedBytes),
            ]
        }
        var lines = [StyledText(Quantities.count(snapshots.count, "snapshot"), .strong)]
        for (info, row) in zip(shown, cells) {
            let padded = row.enumerated().map { column, cell in
                let width = cells.map { $0[column].count }.max() ?? 0
                return cell + String(repeating: " ", count: width - cell.count)
            }
            lines.append(
                StyledText("  \(padded.joined(separator: "  "))") + Self.marks(of: info)
            )
        }
        if shown.count < snapshots.count {
            let rest = Quantities.count(snapshots.count - shown.count)
            lines.append(StyledText("  … and \(rest) more (--all)", .faint))
        }
        return lines
    }

    private static func marks(of info: SnapshotInfo) -> StyledText {
        var text: StyledText = ""
        if info.isPinned { text = text + StyledText("  pinned", .good) }
        if info.manifest.problemCount > 0 {
            let count = Quantities.count(info.manifest.problemCount, "problem")
            text = text + StyledText("  \(count)", .warning)
        }
        if !info.manifest.label.isEmpty { text = text + StyledText("  \(info.manifest.label)") }
        return text
    }

    /// One snapshot, with what it could not read.
    static func one(_ info: SnapshotInfo, now: Int64) -> [StyledText] {
        let manifest = info.manifest
        let took = Quantities.duration(.nanoseconds(Int64(clamping: manifest.duration)))
        var lines = [
            StyledText("snapshot \(info.shortID)", .strong) + marks(of: info),
            StyledText(
                "  \(Quantities.ago(manifest.time, now: now)), in \(took): "
                    + "\(Quantities.count(manifest.files, "file")), "
                    + "\(Quantities.bytes(manifest.bytes)); "
                    + "\(Quantities.bytes(manifest.newBytes)) of it new, "
                    + "\(Quantities.bytes(manifest.storedBytes)) stored"
            ),
        ]
        for problem in manifest.problems.prefix(ReportText.listLimit) {
            let reason = problem.reason.sentence
            lines.append(StyledText("  left out: \(problem.path): \(reason)", .warning))
        }
        return lines
    }

    /// What a prune did.
    static func pruned(_ report: PruneReport, showsAll: Bool) -> [StyledText] {
        let forgotten = report.decisions.filter { !$0.isKept }
        let kept = report.decisions.count - forgotten.count
        let verb = report.isDryRun ? "would forget" : "forgot"
        var lines = [
            StyledText(
                "\(verb) \(Quantities.count(forgotten.count, "snapshot")), kept \(kept)",
                .strong
            )
        ]
        let listed = showsAll ? report.decisions[...] : forgotten.prefix(ReportText.listLimit)
        for decision in listed {
            let id = decision.snapshot.id.prefix(SnapshotInfo.shortLength)
            lines.append(StyledText("  \(id)  \(decision.explanation)"))
        }
        if listed.count < forgotten.count {
            let rest = Quantities.count(forgotten.count - listed.count)
            lines.append(StyledText("  … and \(rest) more (--all)", .faint))
        }
        lines.append(
            StyledText(
                "  store: \(Quantities.bytes(report.bytesBefore)) before, "
                    + "\(report.isDryRun ? "about " : "")"
                    + "\(Quantities.bytes(report.bytesAfter)) after"
            )
        )
        if report.damagedPacks > 0 {
            let count = Quantities.count(report.damagedPacks, "damaged pack")
            lines.append(StyledText("  \(count) left as found: tandem snapshot verify", .bad))
        }
        return lines
    }

    /// What a verification found.
    static func verified(_ report: VerificationReport, showsAll: Bool) -> [StyledText] {
        let read =
            "\(Quantities.count(report.snapshots, "snapshot")), "
            + "\(Quantities.count(report.objects, "object")), "
            + "\(Quantities.bytes(report.bytesRead)) read"
        guard !report.isClean else { return [StyledText("whole: ", .good) + StyledText(read)] }
        var lines = [StyledText("damaged: ", .bad) + StyledText(read)]
        let damage = showsAll ? report.damage[...] : report.damage.prefix(ReportText.listLimit)
        for sentence in damage { lines.append(StyledText("  \(sentence)")) }
        for hurt in report.hurt {
            let id = hurt.id.hex.prefix(SnapshotInfo.shortLength)
            let count = Quantities.count(hurt.count, "entry", "entries")
            lines.append(StyledText("  hurt: \(id), \(count)", .bad))
            for path in hurt.paths { lines.append(StyledText("    \(path)")) }
        }
        if report.hurt.isEmpty { lines.append("  no snapshot is hurt") }
        return lines
    }

    /// How large the store is.
    static func statistics(_ found: StoreStatistics, now: Int64) -> [StyledText] {
        var lines = [
            StyledText(Quantities.count(found.snapshots, "snapshot"), .strong)
                + StyledText(", \(found.pinned) pinned")
        ]
        guard found.snapshots > 0 else { return lines }
        lines.append(
            StyledText(
                "  newest \(Quantities.ago(found.newest, now: now)), "
                    + "oldest \(Quantities.ago(found.oldest, now: now))"
            )
        )
        lines.append(StyledText("  all together   \(Quantities.bytes(found.snapshotBytes))"))
        lines.append(StyledText("  different      \(Quantities.bytes(found.uniqueBytes))"))
        lines.append(
            StyledText(
                "  on disk        \(Quantities.bytes(found.storedBytes)) in "
                    + Quantities.count(found.packs, "pack")
            )
        )
        return lines
    }
}
