/// What the snapshot daemon does by itself, and when; a value that knows no clock.
struct SnapshotSchedule: Sendable {
    enum Job: Hashable, Sendable {
        case take, prune, verify
    }

    /// How often, in nanoseconds; 0 is never.
    struct Intervals: Hashable, Sendable {
        var take: UInt64
        var prune: UInt64
        var verify: UInt64
    }

    private var intervals: Intervals
    private var nextTake: UInt64?
    private var nextPrune: UInt64?
    private var nextVerify: UInt64?

    /// A failed snapshot is tried again soon, at first; then as often as any other.
    static let retry: UInt64 = 60_000_000_000

    /// Starts at a moment of the monotonic clock.
    ///
    /// - Parameters:
    ///   - intervals: how often each job is done.
    ///   - now: the moment.
    ///   - age: how old the newest snapshot is by the wall clock; nil where there is none.
    init(_ intervals: Intervals, now: UInt64, age: UInt64?) {
        self.intervals = intervals
        take(every: intervals.take, now: now, age: age)
        if intervals.prune > 0 { nextPrune = now + intervals.prune }
        if intervals.verify > 0 { nextVerify = now + intervals.verify }
    }

    /// Takes snapshots at another interval from now on; all else is due when it was.
    mutating func take(every interval: UInt64, now: UInt64, age: UInt64?) {
        intervals.take = interval
        let left = age.map { interval - min($0, interval) } ?? 0
        nextTake = interval > 0 ? now + left : nil
    }

    /// What shall be done now; a snapshot comes before a prune, a prune before a verification.
    func due(_ now: UInt64) -> Job? {
        if let nextTake, nextTake <= now { return .take }
        if let nextPrune, nextPrune <= now { return .prune }
        if let nextVerify, nextVerify <= now { return .verify }
        return nil
    }

    /// When something is due next; nil for never.
    var next: UInt64? { [nextTake, nextPrune, nextVerify].compactMap(\.self).min() }

    /// Notes that a job ended; what was missed meanwhile is not made up for.
    mutating func finished(_ job: Job, at now: UInt64, success: Bool) {
        switch job {
        case .take:
            nextTake = now + (success ? intervals.take : min(intervals.take, Self.retry))
        case .prune: nextPrune = now + intervals.prune
        case .verify: nextVerify = now + intervals.verify
        }
    }
}
