import Synchronization
import TandemSystem

/// A clock that goes on only when told.
package final class SimulatedTime: TimeSource {
    private let now = Mutex<UInt64>(0)
    /// 2026-01-01, so that dates look like dates.
    private static let start: Int64 = 1_767_225_600_000_000_000

    package init() {}

    package var monotonic: UInt64 { now.withLock { $0 } }
    package var wall: Int64 { Self.start + Int64(monotonic) }

    /// Lets so much time pass.
    package func advance(by nanoseconds: UInt64) { now.withLock { $0 += nanoseconds } }
}
