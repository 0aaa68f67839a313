import TandemProject
import TandemSnapshots

extension SnapshotSettings {
    /// What a pair's configuration wishes, as the snapshot daemon takes it.
    init(_ wish: SnapshotWish) {
        self.init(
            every: wish.every.flatMap(UInt32.init(exactly:)),
            keep: wish.keep.map { keep in
                RetentionPolicy(
                    last: keep.last,
                    hourly: keep.hourly,
                    daily: keep.daily,
                    weekly: keep.weekly,
                    monthly: keep.monthly
                )
            }
        )
    }
}
