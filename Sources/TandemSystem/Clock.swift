import CTandem
import Glibc

/// Where time comes from, so that tests and the simulator can give their own.
package protocol TimeSource: Sendable {
    /// Nanoseconds that never go back, from an arbitrary start.
    var monotonic: UInt64 { get }
    /// Nanoseconds since 1970 by this machine's clock, for people and file stamps only.
    var wall: Int64 { get }
}

/// The machine's own clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package var monotonic: UInt64 { UInt64(bitPattern: Self.read(CLOCK_MONOTONIC)) }

    package var wall: Int64 { Self.read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Process-wide settings every program of the project makes first.
package enum ProcessSettings {
    /// Ends core dumps, and ignores SIGPIPE and the lease-break signal SIGIO.
    package static func harden() { tandem_harden_process() }
}
