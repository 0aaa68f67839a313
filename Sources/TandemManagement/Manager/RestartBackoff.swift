/// When to start a container again that ended: soon at first, later each time, never too late.
///
/// A container that stayed up for a while begins anew. One that keeps ending is given up on after a
/// bounded number of starts, and a person is told. It is a value: time is a parameter.
package struct RestartBackoff: Hashable, Sendable {
    /// The bounds, in nanoseconds of a clock that never goes back.
    package struct Policy: Hashable, Sendable {
        /// The wait before the first restart; each further one doubles.
        package var first: UInt64 = 1_000_000_000
        /// The longest wait.
        package var longest: UInt64 = 60_000_000_000
        /// How long a container must stay up for its past to be forgotten.
        package var settled: UInt64 = 600_000_000_000
        /// How many restarts in a row are tried before a person is asked.
        package var attempts = 10

        package init() {}
    }

    /// What to do now.
    package enum Action: Hashable, Sendable {
        /// Start it when this time has come.
        case start(at: UInt64)
        /// Leave it, and say so.
        case giveUp(after: Int)
    }

    /// Restarts since the container was last settled.
    private(set) package var restarts = 0
    private let policy: Policy
    private var started: UInt64?

    package init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// The container was started.
    package mutating func didStart(at now: UInt64) {
        started = now
    }

    /// The container ended, or could not be started.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - spread: a random number from 0 to 1, so that several containers do not start at once.
    /// - Returns: what to do.
    package mutating func didEnd(at now: UInt64, spread: Double) -> Action {
        if let started, now >= started, now - started >= policy.settled { restarts = 0 }
        started = nil
        guard restarts < policy.attempts else { return .giveUp(after: restarts) }
        let wait = delay(restarts)
        restarts += 1
        let jitter = UInt64(Double(wait / 4) * min(max(spread, 0), 1))
        return .start(at: now.addingReportingOverflow(wait - jitter).partialValue)
    }

    /// A person asked for a fresh start.
    package mutating func reset() {
        restarts = 0
        started = nil
    }

    private func delay(_ restarts: Int) -> UInt64 {
        var delay = min(policy.first, policy.longest)
        for _ in 0..<restarts where delay < policy.longest {
            let (doubled, overflow) = delay.multipliedReportingOverflow(by: 2)
            delay = overflow ? policy.longest : min(doubled, policy.longest)
        }
        return delay
    }
}
