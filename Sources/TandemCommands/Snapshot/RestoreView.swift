import TandemSnapshots
import TandemSync
import TandemTree

/// A restore in place for people and for scripts, before and after it is done.
struct RestoreView {
    let plan: RestorePlan
    let snapshot: SnapshotInfo
    let path: RelativePath
    let entry: PairEntry

    /// The plan; with a report, what became of it.
    func lines(_ report: RestoreReport?, showsAll: Bool) -> [StyledText] {
        var lines = [head(report)]
        if report == nil { lines += cut(plan.changes.map(\.line), showsAll) }
        let kept = plan.kept + (report?.kept ?? [])
        if !kept.isEmpty {
            lines.append(StyledText("\(kept.count) left as they are:", .warning))
            lines += cut(
                kept.map { StyledText("  \($0.path.shown(as: nil))  \($0.reason)") },
                showsAll
            )
        }
        if report == nil { lines += remarks }
        if let report, report.appliedCount > 0 {
            lines.append("  what was replaced or removed: tandem recover \(entry.name)")
        }
        return lines
    }

    private func head(_ report: RestoreReport?) -> StyledText {
        let what = path.isRoot ? "" : "\(path.shown(as: nil)) of "
        let source = "\(what)snapshot \(snapshot.shortID)"
        if let report {
            let count = Quantities.count(report.appliedCount, "change")
            return StyledText("restored \(source)", .strong)
                + StyledText(" on \(entry.destination): \(count)")
        }
        guard !plan.changes.isEmpty else {
            return StyledText("nothing to restore", .strong)
                + StyledText(": \(entry.destination) has all that is in \(source)")
        }
        let count = Quantities.count(plan.changes.count, "change")
        let bytes = plan.contentBytes == 0 ? "" : ", \(Quantities.bytes(plan.contentBytes))"
        return StyledText("would restore \(source)", .strong)
            + StyledText(" on \(entry.destination): \(count)\(bytes)")
    }

    private var remarks: [StyledText] {
        var lines: [StyledText] = []
        if plan.extraCount > 0 {
            let count = Quantities.count(plan.extraCount, "entry", "entries")
            lines.append(StyledText("  \(count) that the snapshot lacks: left there", .faint))
        }
        if plan.ignoredCount > 0 {
            let count = Quantities.count(plan.ignoredCount, "entry", "entries")
            lines.append(
                StyledText("  \(count) that the pair's rules ignore: not restored", .faint)
            )
        }
        return lines
    }

    private func cut(_ lines: [StyledText], _ showsAll: Bool) -> [StyledText] {
        guard !showsAll, lines.count > ReportText.listLimit else { return lines }
        let rest = Quantities.count(lines.count - ReportText.listLimit)
        return lines.prefix(ReportText.listLimit)
            + [StyledText("  … and \(rest) more (--all)", .faint)]
    }

    /// What `snapshot restore --in-place --json` prints.
    func document(_ report: RestoreReport?, isPlan: Bool) -> RestoreInPlaceDocument {
        RestoreInPlaceDocument(
            pair: entry.document,
            snapshot: snapshot.id.hex,
            path: PathDocument(path),
            isDryRun: isPlan,
            changes: plan.changes.map(ReportDocument.ChangeDocument.init),
            applied: report?.appliedCount ?? 0,
            kept: (plan.kept + (report?.kept ?? [])).map {
                ReportDocument.RemarkDocument($0.path, $0.reason)
            },
            notInSnapshot: plan.extraCount,
            ignored: plan.ignoredCount,
            sentBytes: report?.sentContentBytes ?? 0
        )
    }
}

/// A restore in place in JSON.
struct RestoreInPlaceDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "snapshot restore"
    var pair: PairDocument
    var snapshot: String
    var path: PathDocument
    var isDryRun: Bool
    var changes: [ReportDocument.ChangeDocument]
    var applied: Int
    var kept: [ReportDocument.RemarkDocument]
    /// Entries on the vm that the snapshot lacks, and that stay.
    var notInSnapshot: Int
    /// Entries of the snapshot that the pair's rules ignore.
    var ignored: Int
    var sentBytes: UInt64
}
