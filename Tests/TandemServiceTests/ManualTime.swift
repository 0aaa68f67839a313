import Synchronization
import TandemSystem

/// A clock that stands until a test moves it.
final class ManualTime: TimeSource {
    private let now: Mutex<Int64>

    init(wall: Int64 = 1_700_000_000_000_000_000) {
        now = Mutex(wall)
    }

    var monotonic: UInt64 { UInt64(now.withLock { $0 }) }
    var wall: Int64 { now.withLock { $0 } }

    func advance(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000_000 } }
}
