import Dispatch
import TandemTree

/// Waits until what is in doubt now is believed to be gone, or is back.
///
/// A flush needs it: what was removed before it is in doubt for some milliseconds, because it may be
/// a moment in an editor's save. What comes into doubt later is not waited for, so that the wait
/// ends on a tree that never rests.
struct DoubtWait {
    private var awaited: Set<RelativePath>
    private let deadline: UInt64

    /// Much longer than any entry is in doubt, in nanoseconds.
    ///
    /// One that goes and comes all the time may be found in doubt at each look.
    private static let longest: UInt64 = 500_000_000

    /// - Parameters:
    ///   - doubted: what is in doubt.
    ///   - now: the time, in monotonic nanoseconds.
    init(_ doubted: [RelativePath], now: UInt64) {
        awaited = Set(doubted)
        deadline = now + Self.longest
    }

    /// Waits until the next look is due; false when none is needed any more.
    ///
    /// - Parameters:
    ///   - doubted: what is in doubt after the last look.
    ///   - nextLook: when something must be looked at again.
    ///   - now: the time, in monotonic nanoseconds.
    /// - Returns: whether to look again.
    mutating func wait(for doubted: [RelativePath], _ nextLook: UInt64?, now: UInt64) -> Bool {
        awaited.formIntersection(doubted)
        guard !awaited.isEmpty, now < deadline, let nextLook else { return false }
        let pause = min(nextLook, deadline) - min(nextLook, now)
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .nanoseconds(Int(clamping: pause)))
        return true
    }
}
