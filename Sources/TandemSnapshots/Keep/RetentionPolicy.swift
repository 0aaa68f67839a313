/// How many snapshots to keep, in restic's words.
///
/// For each word but `last`, the newest snapshot of each of the newest N periods that have one is
/// kept. A snapshot is kept when any word keeps it. Days, weeks (Monday first) and months are UTC.
package struct RetentionPolicy: Hashable, Sendable {
    package var last = 0
    package var hourly = 0
    package var daily = 0
    package var weekly = 0
    package var monthly = 0

    package init(last: Int = 0, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0)
    {
        self.last = last
        self.hourly = hourly
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
    }

    /// Whether the policy keeps nothing by itself; such a policy forgets nothing either.
    package var isEmpty: Bool {
        [last, hourly, daily, weekly, monthly].allSatisfy { $0 <= 0 }
    }
}

/// One snapshot as retention sees it.
package struct SnapshotMoment: Hashable, Sendable {
    package var id: String
    /// Seconds since 1970.
    package var time: Int64
    /// Nanoseconds after it: of two snapshots in one second the later one is newer.
    package var fraction: Int64
    /// Pinned by a person: kept whatever the policy says.
    package var isPinned: Bool

    package init(id: String, time: Int64, fraction: Int64 = 0, isPinned: Bool = false) {
        self.id = id
        self.time = time
        self.fraction = fraction
        self.isPinned = isPinned
    }
}

/// What retention decided about one snapshot, and why.
package struct RetentionDecision: Hashable, Sendable {
    package var snapshot: SnapshotMoment
    /// Why it is kept, one phrase for each word that keeps it; empty when it is forgotten.
    package var reasons: [String]

    package var isKept: Bool { !reasons.isEmpty }

    /// One sentence for people.
    package var explanation: String {
        isKept ? "kept: \(reasons.joined(separator: ", "))" : "forgotten: no rule keeps it"
    }
}

extension RetentionPolicy {
    /// Decides about every snapshot, newest first.
    ///
    /// It needs no clock: periods are counted among the snapshots that are there, so a machine that
    /// slept for a month, or whose clock leapt, forgets nothing by that.
    package func decide(_ snapshots: [SnapshotMoment]) -> [RetentionDecision] {
        let sorted = snapshots.sorted {
            ($0.time, $0.fraction, $0.id) > ($1.time, $1.fraction, $1.id)
        }
        var decisions = sorted.map { snapshot in
            RetentionDecision(snapshot: snapshot, reasons: snapshot.isPinned ? ["pinned"] : [])
        }
        if isEmpty {
            for index in decisions.indices { decisions[index].reasons.append("no policy") }
            return decisions
        }
        for index in decisions.indices.prefix(max(0, last)) {
            decisions[index].reasons.append("last \(index + 1) of \(last)")
        }
        let words: [(String, Int, (Int64) -> Int64)] = [
            ("hourly", hourly, SnapshotPeriod.hour), ("daily", daily, SnapshotPeriod.day),
            ("weekly", weekly, SnapshotPeriod.week), ("monthly", monthly, SnapshotPeriod.month),
        ]
        for (word, count, period) in words {
            keepNewest(of: count, word, period, in: &decisions)
        }
        return decisions
    }

    private func keepNewest(
        of count: Int,
        _ word: String,
        _ period: (Int64) -> Int64,
        in decisions: inout [RetentionDecision]
    ) {
        var kept = 0
        var latest: Int64?
        for index in decisions.indices where kept < count {
            let number = period(decisions[index].snapshot.time)
            guard number != latest else { continue }
            latest = number
            kept += 1
            decisions[index].reasons.append("\(word) \(kept) of \(count)")
        }
    }
}
