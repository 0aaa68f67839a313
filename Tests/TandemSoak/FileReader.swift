import Dispatch
import Glibc
import TandemSystem
import TandemTestSupport
import TandemTree

/// Reads random files that are only ever replaced: each content must be one that somebody wrote.
final class FileReader: Sendable {
    private struct State {
        var isStopped = false
        var observations = 0
        var faults: [String] = []
    }

    private let state = Monitor(State())
    private let root: String
    private let places: Places
    private let ledger: Ledger

    init(_ root: String, _ places: Places, _ ledger: Ledger) {
        self.root = root
        self.places = places
        self.ledger = ledger
    }

    /// Reads on a thread of its own until `stop`.
    func start(seed: UInt64) -> WorkerThread {
        WorkerThread.start("reader") { [self] in
            var random = SeededGenerator(seed: seed)
            while !isStopped {
                for _ in 0..<20 {
                    let path = places.file(&random)
                    if Places.isReplacedOnly(path) { observe(path) }
                }
            }
        }
    }

    /// Ends the reading; gives how much was read and what was wrong with it.
    func stop() -> (observations: Int, faults: [String]) {
        state.change { state in
            state.isStopped = true
            return (state.observations, state.faults)
        }
    }

    /// Leaves the cores to the others for a moment, or until the end.
    private var isStopped: Bool {
        state.wait(until: .now() + .milliseconds(4)) { $0.isStopped ? true : nil } ?? false
    }

    private func observe(_ path: String) {
        let file = open("\(root)/\(path)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        guard let bytes = Held.read(file) else { return }
        let isKnown = ledger.knows(ContentHasher.digest(of: bytes))
        state.change { state in
            state.observations += 1
            guard !isKnown else { return }
            let start = String(decoding: bytes.prefix(40), as: UTF8.self)
            state.faults.append("\(path): \(bytes.count) bytes nobody wrote: \(start)")
        }
    }
}
