import Dispatch
import Logging
import TandemControl
import TandemSync
import TandemSystem

/// Keeps one pair as it is wanted, on a thread of its own: up, paused or down.
///
/// A pair that cannot be opened is tried again by itself, later each time; that touches no other.
final class PairRunner: Sendable {
    struct Wanted: Sendable, Hashable {
        var isUp: Bool
        var isPaused: Bool
    }

    fileprivate struct Failure: Sendable {
        var message: String
        var next: String?
        var retryAt: UInt64
        var retryAtWall: Int64
    }

    fileprivate struct State {
        var wanted: Wanted
        var live: (any SyncedPair)?
        var isLivePaused = false
        /// How many conversations hold the pair still.
        var lent = 0
        var failure: Failure?
        var backoff = Backoff()
        var isEnding = false
        var hasEnded = false
        var verdict = SteadyVerdict()
    }

    /// What is to be done next.
    fileprivate enum Step: Sendable {
        case open
        case stop(any SyncedPair)
        case pause(any SyncedPair)
        case resume(any SyncedPair)
        case end
    }

    let identity: PairIdentity
    private let source: PairSource
    private let news: @Sendable (PairNews, PairIdentity) -> Void
    private let logger: Logger
    private let time: any TimeSource
    private let state: Monitor<State>

    init(
        _ identity: PairIdentity,
        wanted: Wanted,
        source: PairSource,
        logger: Logger,
        time: any TimeSource,
        news: @escaping @Sendable (PairNews, PairIdentity) -> Void
    ) {
        self.identity = identity
        self.source = source
        self.news = news
        self.logger = logger
        self.time = time
        state = Monitor(State(wanted: wanted))
    }

    // MARK: From outside

    var wanted: Wanted { state.look(\.wanted) }

    /// The live session, where the pair is open.
    var live: (any SyncedPair)? { state.look(\.live) }

    func want(_ wanted: Wanted) {
        state.change { state in
            if wanted.isUp && !state.wanted.isUp { state.tryNow() }
            state.wanted = wanted
        }
    }

    /// Tries now what it would try later.
    func reconnectNow() {
        let live = state.change { state in
            state.tryNow()
            return state.live
        }
        live?.reconnectNow()
    }

    /// Waits until the pair is open; nil when it is not by then.
    func opened(until deadline: DispatchTime) -> (any SyncedPair)? {
        let found: (any SyncedPair)?? = state.wait(until: deadline) { state in
            if let live = state.live { return .some(live) }
            return state.wanted.isUp && !state.isEnding ? nil : .some(.none)
        }
        return found ?? nil
    }

    /// Holds the pair still, whatever is wanted, until it is taken back as often.
    func lend() { state.change { $0.lent += 1 } }

    func takeBack() { state.change { $0.lent -= 1 } }

    /// Waits until the session holds still; false when it does not by then.
    func isStill(until deadline: DispatchTime) -> Bool {
        while DispatchTime.now() < deadline {
            guard let live else { return true }
            if [.paused, .stopped].contains(live.view.status.phase) { return true }
            let look = min(deadline, .now() + .milliseconds(Self.lookMilliseconds))
            _ = state.wait(until: look) { _ in nil as Bool? }
        }
        return false
    }

    /// How often a session is looked at that tells nobody when it holds still.
    private static let lookMilliseconds = 20

    /// Waits until the pair is closed; false when it is not by then.
    func closed(until deadline: DispatchTime) -> Bool {
        state.wait(until: deadline) { $0.live == nil ? true : nil } ?? false
    }

    /// Begins to stop for good; `closed` tells when it has.
    func end() { state.change { $0.isEnding = true } }

    /// Where the pair stands, as it is shown: its verdict does not flicker.
    var view: PairView {
        var view = momentaryView
        let now = time.monotonic
        view.status.verdict = state.look { $0.verdict.look(view.status, now: now) }
        return view
    }

    private var momentaryView: PairView {
        let (wanted, live, failure) = state.look { ($0.wanted, $0.live, $0.failure) }
        if let live { return live.view }
        guard wanted.isUp else {
            return PairView(status: status(.ok, .down, "not kept in sync (tandem up)"))
        }
        guard let failure else { return PairView(status: status(.working, .opening, "opening")) }
        var failed = status(.broken, .waiting, failure.message)
        failed.needs = failure.next
        failed.retryAt = failure.retryAtWall
        return PairView(status: failed)
    }

    private func status(
        _ verdict: Verdict,
        _ phase: PairStatus.Phase,
        _ headline: String
    ) -> PairStatus {
        PairStatus(pair: identity, verdict: verdict, phase: phase, headline: headline)
    }

    // MARK: The thread

    func start() {
        WorkerThread.start("tandem-pair") { [self] in
            while true {
                switch nextStep() {
                case .open: open()
                case .stop(let live): stop(live)
                case .pause(let live): live.pause()
                case .resume(let live): live.resume()
                case .end:
                    state.change { $0.hasEnded = true }
                    return
                }
            }
        }
    }

    private func nextStep() -> Step {
        while true {
            let retryAt = state.look { $0.failure?.retryAt }
            let deadline = retryAt.map { DispatchTime(uptimeNanoseconds: $0) } ?? .distantFuture
            let step = state.wait(until: deadline) { state in
                state.step(now: DispatchTime.now().uptimeNanoseconds)
            }
            if let step { return step }
        }
    }

    private func open() {
        let identity = identity
        let news = news
        do {
            let live = try source.open(identity) { news($0, identity) }
            live.start()
            state.change { state in
                state.live = live
                state.isLivePaused = false
                state.failure = nil
                state.backoff.reset()
            }
        } catch {
            fail(error)
        }
        news(.phase, identity)
    }

    private func fail(_ error: any Error) {
        let failure = ControlFailure(of: error)
        logger.warning("cannot open: \(failure)", metadata: ["pair": "\(identity.name)"])
        let wall = time.wall
        state.change { state in
            let wait = state.backoff.failed(spread: .random(in: 0...1))
            state.failure = Failure(
                message: failure.message,
                next: failure.next,
                retryAt: DispatchTime.now().uptimeNanoseconds + wait,
                retryAtWall: wall + Int64(wait)
            )
        }
    }

    private func stop(_ live: any SyncedPair) {
        let isClean = live.stop(until: .now() + .milliseconds(AgentDaemon.pairStopMilliseconds))
        if !isClean {
            logger.warning(
                "did not stop at a safe point in time",
                metadata: ["pair": "\(identity.name)"]
            )
        }
        state.change { state in
            state.live = nil
            state.failure = nil
        }
        news(.phase, identity)
    }
}

extension PairRunner.State {
    /// Forgets how often it failed.
    fileprivate mutating func tryNow() {
        backoff.reset()
        failure?.retryAt = 0
    }

    /// What has to be done for the pair to be as it is wanted; nil when it is, or not yet.
    fileprivate mutating func step(now: UInt64) -> PairRunner.Step? {
        guard !isEnding else {
            if let live { return .stop(live) }
            return .end
        }
        guard let live else {
            guard wanted.isUp else {
                failure = nil
                return nil
            }
            guard let failure else { return .open }
            return failure.retryAt <= now ? .open : nil
        }
        guard wanted.isUp else { return .stop(live) }
        let isToPause = wanted.isPaused || lent > 0
        guard isToPause != isLivePaused else { return nil }
        isLivePaused = isToPause
        return isLivePaused ? .pause(live) : .resume(live)
    }
}
