import Logging
import TandemSnapshots

/// What the daemon's log and health say of its settings.
enum SettingsLog {
    /// What damaged settings mean.
    static func sentence(_ damage: String) -> String {
        "\(SettingsFile.name) is damaged (\(damage)): snapshots are taken by the arguments, and "
            + "nothing is pruned"
    }

    static func metadata(_ settings: SettingsKeeper) -> Logger.Metadata {
        let report = settings.report
        let keep = report.keep ?? RetentionPolicy()
        return [
            "everySeconds": "\(report.take / 1_000_000_000)",
            "everyTold": "\(report.told.every != nil)",
            "keep": "\(keep.last) \(keep.hourly) \(keep.daily) \(keep.weekly) \(keep.monthly)",
            "keepTold": "\(report.told.keep != nil)",
        ]
    }
}
