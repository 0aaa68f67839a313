import Dispatch
package import TandemSystem

/// Bounds of a batch, each with where it comes from.
package struct BatchLimits: Sendable {
    /// The free-space floor: this many bytes or the share below, whichever is less (DESIGN.md).
    package var floorBytes: UInt64 = 1 << 30
    package var floorPercent: UInt64 = 5
    /// Above so many staged entries one flush of the file system is cheaper than one for each.
    package var wholeFlushThreshold = 64
    /// Threads that flush files one by one.
    package var flushThreads = 4
    /// Files open at once for content that is not complete.
    package var openFiles = 256
    /// How long a possible writer of a displaced file is given before the second look.
    package var secondLookDelay: UInt64 = 2_000_000_000

    package init() {}

    /// The bytes that must stay free on a file system.
    package func floor(of space: FileSystemSpace) -> UInt64 {
        min(floorBytes, space.total / 100 * floorPercent)
    }
}

/// The time a batch lives in, so that a test need not wait.
package struct BatchTime: Sendable {
    package var source: any TimeSource
    /// Waits for so many nanoseconds.
    package var pause: @Sendable (UInt64) -> Void

    package init(
        source: any TimeSource = SystemTime(),
        pause: @escaping @Sendable (UInt64) -> Void = BatchTime.sleep
    ) {
        self.source = source
        self.pause = pause
    }

    /// Blocks the calling thread.
    package static func sleep(_ nanoseconds: UInt64) {
        let idle = Monitor(())
        let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: nanoseconds))
        _ = idle.wait(until: deadline) { _ -> Bool? in nil }
    }
}
