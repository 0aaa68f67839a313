import Dispatch
import Logging
import TandemManagement
import TandemSystem

/// The one thread that looks at the containers and does what the core decides.
///
/// Requests change the core under its lock and leave their actions in the queue; only this thread
/// makes the calls, so no two of them overlap.
final class ManagerLoop: Sendable {
    private struct State: Sendable {
        var core: ManagerCore
        var queued: [ManagerAction] = []
        var trouble: String?
        var hasLooked = false
        var isStopped = false
        var counters = Counters()
    }

    /// What was done since the start.
    struct Counters: Sendable {
        var looks: UInt64 = 0
        var restarts: UInt64 = 0
        var rollouts: UInt64 = 0
        var rollbacks: UInt64 = 0
        var failedCalls: UInt64 = 0
    }

    /// How often a container is looked at while an image is being rolled.
    private static let rollingMilliseconds = 500

    private let state: Monitor<State>
    private let engine: any ContainerEngine
    private let book: BookFile
    private let logger: Logger
    private let interval: Int
    private let time: any TimeSource

    init(
        core: ManagerCore,
        engine: any ContainerEngine,
        book: BookFile,
        logger: Logger,
        interval: Int,
        time: any TimeSource = SystemTime()
    ) {
        state = Monitor(State(core: core))
        self.engine = engine
        self.book = book
        self.logger = logger
        self.interval = interval
        self.time = time
    }

    /// Starts the thread.
    func start() -> WorkerThread {
        WorkerThread.start("tandem-watch") { [self] in
            while !state.look({ $0.isStopped }) {
                look()
                sleep()
            }
        }
    }

    /// Lets the thread end after the call it is in.
    func stop() { state.change { $0.isStopped = true } }

    // MARK: - For the routes

    /// Runs a request on the core; what it wants done is done soon.
    ///
    /// - Throws: what `body` throws, a `ManagerRefusal`.
    func request(_ body: (inout ManagerCore, UInt64) throws -> [ManagerAction]) throws {
        let now = time.monotonic
        try state.change { $0.queued += try body(&$0.core, now) }
    }

    var status: ManagerStatus {
        state.look { state in
            ManagerStatus(version: ManagerVersion.text, trouble: state.trouble, core: state.core)
        }
    }

    /// Whether Podman answers; false before the first look.
    var isReady: Bool { state.look { $0.hasLooked && $0.trouble == nil } }

    var counters: Counters { state.look { $0.counters } }

    // MARK: - The thread

    private func look() {
        perform(takeQueued())
        var trouble: String?
        for member in state.look({ $0.core.list.members }) {
            guard !state.look({ $0.isStopped }) else { return }
            do throws(PodmanError) {
                perform(observed(try observe(member), member))
            } catch {
                trouble = error.message
            }
            perform(takeQueued())
        }
        note(trouble)
    }

    private func observe(
        _ member: WatchList.Member
    ) throws(PodmanError) -> ContainerObservation {
        do throws(PodmanError) {
            return try PodmanReader.observation(try engine.send(.inspect(member)))
        } catch {
            guard error.code == .absent else { throw error }
            return ContainerObservation(.absent)
        }
    }

    private func observed(
        _ observation: ContainerObservation,
        _ member: WatchList.Member
    ) -> [ManagerAction] {
        let now = time.monotonic
        let spread = Double.random(in: 0...1)
        return state.change { state in
            state.counters.looks += 1
            return state.core.observe(observation, of: member, at: now, spread: spread)
        }
    }

    private func note(_ trouble: String?) {
        let old = state.change { state in
            defer {
                state.trouble = trouble
                state.hasLooked = true
            }
            return state.trouble
        }
        if let trouble, trouble != old { logger.error("Podman does not answer: \(trouble)") }
        if trouble == nil, old != nil { logger.info("Podman answers again") }
    }

    private func takeQueued() -> [ManagerAction] {
        state.look { state in
            defer { state.queued = [] }
            return state.queued
        }
    }

    /// Does what the core wants, in its order; what a failed call leads to comes first.
    private func perform(_ actions: [ManagerAction]) {
        var rest = actions[...]
        while let action = rest.popFirst(), !state.look({ $0.isStopped }) {
            switch action {
            case .report(let report): write(report)
            case .remember(let book):
                do {
                    try self.book.write(book)
                    count(book)
                } catch {
                    let why = "the book of rollouts cannot be written: \(error)"
                    rest = state.change { $0.core.abandon(why) }[...]
                }
            case .call(let call): rest = make(call) + rest
            }
        }
    }

    private func make(_ call: PodmanCall) -> [ManagerAction] {
        do throws(PodmanError) {
            _ = try engine.send(call)
            logger.debug("\(call.what)")
            state.change { state in
                switch call {
                case .restart, .start, .stop: state.counters.restarts += 1
                default: break
                }
            }
            return []
        } catch {
            let now = time.monotonic
            return state.change { state in
                state.counters.failedCalls += 1
                return state.core.failed(call, error, at: now)
            }
        }
    }

    private func count(_ book: RolloutBook) {
        state.change { state in
            for entry in book.components.values {
                guard let pending = entry.pending else { continue }
                if pending.returning == nil {
                    state.counters.rollouts += 1
                } else {
                    state.counters.rollbacks += 1
                }
            }
        }
    }

    private func write(_ report: ManagerReport) {
        let metadata: Logger.Metadata = ["component": "\(report.member)"]
        switch report.level {
        case .info: logger.info("\(report.text)", metadata: metadata)
        case .warning: logger.warning("\(report.text)", metadata: metadata)
        case .error: logger.error("\(report.text)", metadata: metadata)
        }
    }

    /// Waits for the next look, for a request, or for the end.
    private func sleep() {
        let isRolling = state.look { $0.core.rolling != nil }
        let milliseconds = isRolling ? min(interval, Self.rollingMilliseconds) : interval
        let _: Bool? = state.wait(until: .now() + .milliseconds(milliseconds)) { state in
            state.isStopped || !state.queued.isEmpty ? true : nil
        }
    }
}
