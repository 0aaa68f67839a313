import TandemSnapshots
import TandemTree

/// What the snapshot daemon goes by, in JSON.
struct SnapshotSettingsDocument: Encodable, Sendable {
    struct Kept: Encodable, Sendable {
        var last: Int
        var hourly: Int
        var daily: Int
        var weekly: Int
        var monthly: Int
    }

    /// 0 for on request only.
    var everySeconds: Double
    var everyFrom: String
    var keep: Kept
    var keepFrom: String
    /// 0 for on request only.
    var pruneEverySeconds: Double
    /// Why its settings cannot be read; it prunes nothing then.
    var damage: String?

    init(_ report: SettingsReport) {
        let policy = report.told.keep ?? report.arguments.keep
        everySeconds = Double(report.take) / 1e9
        everyFrom = SnapshotText.origin(isTold: report.told.every != nil)
        keep = Kept(
            last: policy.last,
            hourly: policy.hourly,
            daily: policy.daily,
            weekly: policy.weekly,
            monthly: policy.monthly
        )
        keepFrom = SnapshotText.origin(isTold: report.told.keep != nil)
        pruneEverySeconds = Double(report.arguments.prune) / 1e9
        damage = report.damage.map { escaped($0.utf8) }
    }
}
