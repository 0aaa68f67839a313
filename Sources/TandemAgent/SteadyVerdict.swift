package import TandemControl

/// The verdict that is shown: what a pair says of itself from one moment to the next would flicker
/// with every file that is saved.
///
/// A person's attention is wanted for as long as there is something to look at, work or not. Work on
/// what was in sync is shown once it lasts. All else is shown at once.
package struct SteadyVerdict: Sendable, Hashable {
    /// Work that is done sooner is not worth a word.
    package static let workNanoseconds: UInt64 = 1_000_000_000

    /// Since when a pair that was in sync works; nil while it does not.
    private var worksSince: UInt64?
    private var wasInSync = false

    package init() {}

    /// Takes what a pair says of itself now.
    ///
    /// - Parameters:
    ///   - status: the pair's state.
    ///   - now: monotonic nanoseconds.
    /// - Returns: the verdict to show.
    package mutating func look(_ status: PairStatus, now: UInt64) -> Verdict {
        guard status.verdict == .working else {
            worksSince = nil
            wasInSync = status.verdict == .ok && status.phase == .watching
            return status.verdict
        }
        if status.conflicts > 0 || status.problemCount > 0 { return .attention }
        guard wasInSync, [.comparing, .syncing].contains(status.phase) else {
            wasInSync = false
            return .working
        }
        let since = worksSince ?? now
        worksSince = since
        return now &- since < Self.workNanoseconds ? .ok : .working
    }
}
