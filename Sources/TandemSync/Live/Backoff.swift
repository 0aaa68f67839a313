/// How long to wait before connecting again: soon at first, longer each time, never too long.
///
/// A value: time and randomness are parameters.
package struct Backoff: Sendable, Hashable {
    /// The first wait, in nanoseconds; each further one doubles.
    private static let first: UInt64 = 250_000_000
    /// The longest wait: a vm that comes back is found within half a minute.
    private static let longest: UInt64 = 30_000_000_000

    /// How long a link has to stand to show that connecting works, in nanoseconds.
    private static let proof: UInt64 = 5_000_000_000

    /// Attempts that failed in a row.
    package private(set) var failures = 0

    package init() {}

    /// Notes a failure.
    ///
    /// - Parameters:
    ///   - spread: a random number from 0 to 1, so that many laptops do not come at once.
    ///   - stood: how long the link stood that failed, in nanoseconds; after long enough it begins
    ///     anew, because a large tree on a bad line is never synced in one go.
    /// - Returns: how long to wait, in nanoseconds: from half of the full wait up to all of it.
    package mutating func failed(spread: Double, stood: UInt64 = 0) -> UInt64 {
        if stood >= Self.proof { failures = 0 }
        let doublings = UInt64(min(failures, 10))
        failures += 1
        let wait = min(Self.longest, Self.first << doublings)
        return wait / 2 + UInt64(Double(wait / 2) * min(max(spread, 0), 1))
    }

    /// The link stood, or something changed that makes an attempt worthwhile at once.
    package mutating func reset() { failures = 0 }
}
