/// Tells from two clocks that the machine slept.
///
/// One clock stands still while the machine sleeps, the other goes on: when it has run ahead, the
/// machine has woken since the last look. Setting the time of day moves neither.
package struct WakeDetector: Sendable {
    /// The least sleep that counts, in nanoseconds: two reads of the clocks are never that far apart.
    package static let leastSleep: UInt64 = 1_000_000_000

    private var ahead: UInt64?

    package init() {}

    /// Looks at the clocks.
    ///
    /// - Parameters:
    ///   - awake: nanoseconds in which the machine did not sleep.
    ///   - elapsed: all nanoseconds, from the same start.
    /// - Returns: how long the machine slept since the last look; nil when it did not.
    package mutating func look(awake: UInt64, elapsed: UInt64) -> UInt64? {
        let now = elapsed >= awake ? elapsed - awake : 0
        defer { ahead = now }
        guard let ahead, now > ahead, now - ahead >= Self.leastSleep else { return nil }
        return now - ahead
    }
}
