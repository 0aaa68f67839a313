import TandemSnapshots
import TandemTree

extension SnapshotText {
    /// Where a setting comes from, for text and JSON.
    static func origin(isTold: Bool) -> String { isTold ? "tandem.yml" : "arguments" }

    /// What the daemon goes by; nil for one that is too old to say.
    static func settings(_ report: SettingsReport?) -> [StyledText] {
        guard let report else {
            let (what, next) = SnapshotAccess.tooOld
            return [StyledText("  \(what)", .warning), StyledText("  next: \(next)")]
        }
        let every = report.take == 0 ? "on request" : "every \(duration(report.take))"
        var lines = [line("taken", every, isTold: report.told.every != nil)]
        if let damage = report.damage {
            lines.append(
                StyledText("  its settings.json is damaged (\(escaped(damage.utf8))): ", .bad)
                    + "it takes snapshots by its arguments, and prunes nothing"
            )
            lines.append("  next: `tandem down` and `tandem up` tell it again")
        }
        if let keep = report.keep {
            lines.append(line("kept", words(keep), isTold: report.told.keep != nil))
            if report.arguments.prune == 0, !keep.isEmpty {
                lines.append("  forgotten      on request only, as it was started")
            }
        }
        return lines
    }

    private static func line(_ name: String, _ value: String, isTold: Bool) -> StyledText {
        let margin = String(repeating: " ", count: max(1, 15 - name.count))
        return StyledText("  \(name)\(margin)\(value) ")
            + StyledText("(\(origin(isTold: isTold)))", .faint)
    }

    private static func words(_ keep: RetentionPolicy) -> String {
        let words = [
            (keep.last, "the newest \(keep.last)"), (keep.hourly, "\(keep.hourly) hourly"),
            (keep.daily, "\(keep.daily) daily"), (keep.weekly, "\(keep.weekly) weekly"),
            (keep.monthly, "\(keep.monthly) monthly"),
        ].filter { $0.0 > 0 }.map(\.1)
        return words.isEmpty ? "all" : words.joined(separator: ", ")
    }

    private static func duration(_ nanoseconds: UInt64) -> String {
        Quantities.duration(.nanoseconds(Int64(clamping: nanoseconds)))
    }
}
