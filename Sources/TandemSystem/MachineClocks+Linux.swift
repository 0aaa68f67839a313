#if os(Linux)
import CTandem
import Glibc

/// The two clocks that tell whether the machine slept.
enum MachineClocks {
    /// CLOCK_MONOTONIC stands still while the machine sleeps, CLOCK_BOOTTIME does not
    /// (clock_gettime(2)).
    static func read() -> (awake: UInt64, elapsed: UInt64) {
        (nanoseconds(CLOCK_MONOTONIC), nanoseconds(CLOCK_BOOTTIME))
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
#endif
