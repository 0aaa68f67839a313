#if canImport(Darwin)
import Darwin

/// The two clocks that tell whether the machine slept.
enum MachineClocks {
    /// CLOCK_UPTIME_RAW stands still while the machine sleeps, CLOCK_MONOTONIC_RAW does not
    /// (clock_gettime(3) of macOS).
    static func read() -> (awake: UInt64, elapsed: UInt64) {
        (clock_gettime_nsec_np(CLOCK_UPTIME_RAW), clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW))
    }
}
#endif
