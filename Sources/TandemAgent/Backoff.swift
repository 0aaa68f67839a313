/// When to try again what failed: later each time, up to a cap, and not all at once.
///
/// It knows no clock and no random source: a test gives both.
package struct Backoff: Sendable, Hashable {
    /// The first and the longest wait, in nanoseconds.
    package struct Policy: Sendable, Hashable {
        package var first: UInt64 = 250_000_000
        package var longest: UInt64 = 30_000_000_000

        package init() {}
    }

    private let policy: Policy
    /// Failures since the last success.
    package private(set) var failures = 0

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// It failed: how long to wait.
    ///
    /// - Parameter spread: a random number from 0 to 1; up to half of the wait is taken off by it.
    /// - Returns: nanoseconds.
    package mutating func didFail(spread: Double) -> UInt64 {
        // 2^63 is beyond any cap, so more doublings change nothing.
        let doubled = policy.first.multipliedReportingOverflow(by: 1 << min(failures, 62))
        let wait = doubled.overflow ? policy.longest : min(doubled.partialValue, policy.longest)
        failures += 1
        return wait - UInt64(Double(wait / 2) * min(max(spread, 0), 1))
    }

    /// It worked, or there is reason to believe that it will now.
    package mutating func reset() { failures = 0 }
}
