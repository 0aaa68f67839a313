/// What a laptop asks of the snapshot daemon in place of what it was started with.
package struct SnapshotSettings: Hashable, Sendable {
    /// Seconds between two snapshots, `everyRange`; nil leaves it to the arguments.
    package var every: UInt32?
    /// What a prune keeps, all words at once, each in `countRange`; nil leaves it to the arguments.
    package var keep: RetentionPolicy?

    /// Up to ten years: no sum of it overflows.
    package static let everyRange: ClosedRange<UInt32> = 1...315_360_000
    /// As many as the daemon's arguments take.
    package static let countRange = 0...1_000_000

    package init(every: UInt32? = nil, keep: RetentionPolicy? = nil) {
        self.every = every
        self.keep = keep
    }

    /// Whether it leaves everything to the arguments.
    package var isEmpty: Bool { every == nil && keep == nil }

    /// Whether each value lies in its range.
    package var isValid: Bool {
        every.map(Self.everyRange.contains) ?? true
            && keep?.counts.allSatisfy(Self.countRange.contains) ?? true
    }
}

extension RetentionPolicy {
    /// Its numbers, in the order of the words.
    var counts: [Int] { [last, hourly, daily, weekly, monthly] }
}

/// What the daemon was started with.
package struct SnapshotArguments: Hashable, Sendable {
    /// Nanoseconds between two snapshots; 0 takes them on request only.
    package var take: UInt64
    /// Nanoseconds between two prunes; 0 never prunes.
    package var prune: UInt64
    package var keep: RetentionPolicy

    package init(take: UInt64 = 0, prune: UInt64 = 0, keep: RetentionPolicy = RetentionPolicy()) {
        self.take = take
        self.prune = prune
        self.keep = keep
    }
}

/// What the daemon goes by, and where it comes from.
package struct SettingsReport: Hashable, Sendable {
    package var arguments: SnapshotArguments
    package var told: SnapshotSettings
    /// Why what it was told cannot be read, so that it prunes nothing; nil where it can.
    package var damage: String?

    package init(
        arguments: SnapshotArguments,
        told: SnapshotSettings = SnapshotSettings(),
        damage: String? = nil
    ) {
        self.arguments = arguments
        self.told = told
        self.damage = damage
    }

    /// Nanoseconds between two snapshots; 0 takes them on request only.
    package var take: UInt64 { told.every.map { UInt64($0) * 1_000_000_000 } ?? arguments.take }

    /// What a prune by the daemon's own rules keeps; nil where that is not known.
    package var keep: RetentionPolicy? { damage == nil ? told.keep ?? arguments.keep : nil }
}
