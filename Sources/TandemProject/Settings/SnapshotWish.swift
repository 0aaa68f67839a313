import TandemConfiguration

/// How often snapshots of the vm's tree are to be taken, and which are to be kept.
package struct SnapshotWish: Hashable, Sendable {
    /// How many are kept by each word; all words hold together.
    package struct Kept: Hashable, Sendable {
        package var last: Int
        package var hourly: Int
        package var daily: Int
        package var weekly: Int
        package var monthly: Int

        package init(
            last: Int = 0,
            hourly: Int = 0,
            daily: Int = 0,
            weekly: Int = 0,
            monthly: Int = 0
        ) {
            self.last = last
            self.hourly = hourly
            self.daily = daily
            self.weekly = weekly
            self.monthly = monthly
        }
    }

    /// Seconds between two; nil for as the snapshot daemon was started.
    package var every: Int?
    /// Nil for as the snapshot daemon was started.
    package var keep: Kept?

    package init(every: Int? = nil, keep: Kept? = nil) {
        self.every = every
        self.keep = keep
    }

    /// What a configuration wishes; any word of `keep` stands for all of them.
    init(_ snapshots: Configuration.Snapshots) {
        every = snapshots.every?.value
        let counts = [
            snapshots.last, snapshots.hourly, snapshots.daily, snapshots.weekly, snapshots.monthly,
        ].map(\.?.value)
        guard counts.contains(where: { $0 != nil }) else { return }
        keep = Kept(
            last: counts[0] ?? 0,
            hourly: counts[1] ?? 0,
            daily: counts[2] ?? 0,
            weekly: counts[3] ?? 0,
            monthly: counts[4] ?? 0
        )
    }

    /// Whether it leaves all to the snapshot daemon.
    package var isEmpty: Bool { self == SnapshotWish() }

    /// What is different here, in sentences.
    package func sentences(after old: SnapshotWish) -> [String] {
        var sentences: [String] = []
        if every != old.every {
            let often =
                every.map { "every \(TimeSpan.text($0))" } ?? "as often as the daemon there does"
            sentences.append("snapshots of the vm are taken \(often)")
        }
        if keep != old.keep {
            sentences.append(
                keep?.sentence ?? "which snapshots are kept is left to the daemon there"
            )
        }
        return sentences
    }
}

extension SnapshotWish.Kept {
    /// What is kept, and that all else is forgotten.
    fileprivate var sentence: String {
        let words = [
            (last, "the newest \(last)"), (hourly, "\(hourly) hourly"), (daily, "\(daily) daily"),
            (weekly, "\(weekly) weekly"), (monthly, "\(monthly) monthly"),
        ].filter { $0.0 > 0 }.map(\.1)
        guard !words.isEmpty else { return "all snapshots are kept" }
        return "snapshots are kept: \(words.joined(separator: ", ")); others are forgotten, "
            + "pinned ones never"
    }
}
