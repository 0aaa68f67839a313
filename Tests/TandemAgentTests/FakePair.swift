import Dispatch
import TandemControl
import TandemStore
import TandemSystem
import TandemTree

@testable import TandemAgent

/// A pair that does what a test says.
final class FakePair: SyncedPair {
    struct State {
        var isRunning = false
        var isPaused = false
        var reconnects = 0
        var reloads = 0
        var accepted: [Int] = []
        var adoptions = 0
        var resolved: [Settlement] = []
        var status: PairStatus
        /// Nil as long as both sides are not compared.
        var conflicts: [FoundConflict]? = []
        var contents: [String: [UInt8]] = [:]
        var flush = FlushOutcome(.inSync)
        /// How long a stop takes, in milliseconds.
        var stopMilliseconds = 0
    }

    let state: Monitor<State>
    private let news: @Sendable (PairNews) -> Void

    init(_ identity: PairIdentity, news: @escaping @Sendable (PairNews) -> Void) {
        state = Monitor(
            State(
                status: PairStatus(
                    pair: identity,
                    verdict: .ok,
                    phase: .watching,
                    headline: "in sync"
                )
            )
        )
        self.news = news
    }

    var isRunning: Bool { state.look(\.isRunning) }

    func tell(_ item: PairNews) { news(item) }

    func start() { state.change { $0.isRunning = true } }

    func stop(until deadline: DispatchTime) -> Bool {
        let milliseconds = state.look(\.stopMilliseconds)
        if milliseconds > 0 {
            let end = min(deadline, .now() + .milliseconds(milliseconds))
            _ = Monitor(()).wait(until: end) { _ in nil as Bool? }
        }
        state.change { $0.isRunning = false }
        return milliseconds < 1000
    }

    func pause() {
        state.change { state in
            state.isPaused = true
            state.status.phase = .paused
        }
    }

    func resume() {
        state.change { state in
            state.isPaused = false
            state.status.phase = .watching
        }
    }
    func reconnectNow() { state.change { $0.reconnects += 1 } }
    func reload() { state.change { $0.reloads += 1 } }
    func flush(until deadline: DispatchTime) -> FlushOutcome { state.look(\.flush) }

    var view: PairView {
        state.look { PairView(status: $0.status, conflicts: $0.conflicts) }
    }

    func contents(of path: RelativePath, side: Side, limit: Int) -> [UInt8]? {
        state.look { $0.contents["\(side.rawValue):\(path)"].map { Array($0.prefix(limit)) } }
    }

    func resolve(_ settlements: [Settlement], until deadline: DispatchTime) {
        let paths = Set(settlements.map(\.path.path))
        state.change { state in
            state.resolved += settlements
            state.conflicts?.removeAll { paths.contains($0.conflict.path) }
            state.status.conflicts = state.conflicts?.count ?? 0
        }
        for path in paths { news(.conflictClosed(path, how: "by resolve")) }
    }

    func plan(isReset: Bool, until deadline: DispatchTime) -> PlanAnswer {
        let status = state.look(\.status)
        let entries = isReset ? 0 : 1
        return PlanAnswer(
            laptopEntries: entries,
            vmEntries: entries,
            isComplete: true,
            status: status
        )
    }

    func accept(deletions: Int) { state.change { $0.accepted.append(deletions) } }
    func adopt() { state.change { $0.adoptions += 1 } }
}

/// News of the network that a test makes.
final class FakeLinks: LinkChangeSource {
    private let changes = Monitor<(queue: [LinkChange], isClosed: Bool)>(([], false))

    func tell(_ change: LinkChange) { changes.change { $0.queue.append(change) } }

    func close() { changes.change { $0.isClosed = true } }

    func next(until deadline: DispatchTime) -> LinkChange? {
        changes.wait(until: deadline) { state in
            state.queue.isEmpty ? nil : state.queue.removeFirst()
        }
    }
}
