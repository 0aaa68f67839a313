import Synchronization
import TandemSystem

/// How much content has gone out, told now and then to whoever shows progress.
final class SentCounts: Sendable {
    /// A person sees no more than some twenty changes a second.
    private static let interval: UInt64 = 50_000_000

    private struct State {
        var files = 0
        var bytes: UInt64 = 0
        var ofFiles = 0
        var ofBytes: UInt64 = 0
        var nextReport: UInt64 = 0
    }

    private let state = Mutex(State())
    private let observer: @Sendable (PushProgress) -> Void
    private let time = SystemTime()

    init(observer: @escaping @Sendable (PushProgress) -> Void) {
        self.observer = observer
    }

    func expect(files: Int, bytes: UInt64) {
        state.withLock {
            $0.ofFiles = files
            $0.ofBytes = bytes
        }
    }

    func add(files: Int, bytes: UInt64) {
        let now = time.monotonic
        let due = state.withLock { state -> State? in
            state.files += files
            state.bytes += bytes
            guard now >= state.nextReport || state.bytes >= state.ofBytes else { return nil }
            state.nextReport = now + Self.interval
            return state
        }
        guard let due else { return }
        observer(
            .sending(
                files: min(due.files, due.ofFiles),
                ofFiles: due.ofFiles,
                bytes: min(due.bytes, due.ofBytes),
                ofBytes: due.ofBytes
            )
        )
    }
}
