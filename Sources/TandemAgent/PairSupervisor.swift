import Dispatch
import Logging
import TandemControl
import TandemStore
import TandemSystem

/// All pairs, each under a runner of its own, and what is wanted of them, kept durably.
final class PairSupervisor: Sendable {
    private let runners = Monitor<[String: PairRunner]>([:])
    private let source: PairSource
    private let store: Store
    private let logger: Logger
    private let time: any TimeSource
    private let news: @Sendable (PairNews, PairIdentity) -> Void

    init(
        source: PairSource,
        store: Store,
        logger: Logger,
        time: any TimeSource,
        news: @escaping @Sendable (PairNews, PairIdentity) -> Void
    ) {
        self.source = source
        self.store = store
        self.logger = logger
        self.time = time
        self.news = news
    }

    /// Reads which pairs there are, and starts those that were up; pairs that are running stay so.
    func load() throws {
        let pairs = try source.pairs()
        let wanted = Dictionary(
            try store.wanted().map { ($0.pair, $0) },
            uniquingKeysWith: { $1 }
        )
        for pair in pairs {
            let record = wanted[pair.idBytes]
            let wish = PairRunner.Wanted(
                isUp: record?.isUp ?? false,
                isPaused: record?.isPaused ?? false
            )
            adopt(pair, wish)
        }
        let ids = Set(pairs.map(\.id))
        let gone = runners.change { runners in
            let gone = runners.filter { !ids.contains($0.key) }.map(\.value)
            runners = runners.filter { ids.contains($0.key) }
            return gone
        }
        for runner in gone { runner.end() }
    }

    private func adopt(_ pair: PairIdentity, _ wish: PairRunner.Wanted) {
        if let runner = runners.look({ $0[pair.id] }), runner.identity == pair { return }
        let runner = PairRunner(
            pair,
            wanted: wish,
            source: source,
            logger: logger,
            time: time,
            news: news
        )
        let old = runners.change { $0.updateValue(runner, forKey: pair.id) }
        if let old {
            old.end()
            _ = old.closed(until: .now() + .milliseconds(AgentDaemon.pairStopMilliseconds))
        }
        runner.start()
    }

    /// Every pair's state, by name.
    var statuses: [PairStatus] {
        runners.look { Array($0.values) }.map(\.view.status)
            .sorted { $0.pair.name < $1.pair.name }
    }

    func view(of id: String) -> PairView? { runners.look { $0[id] }?.view }

    /// The runner of a pair, by its id or name; pairs made since the start are found, too.
    func runner(_ word: String) throws -> PairRunner {
        if let runner = known(word) { return runner }
        try load()
        guard let runner = known(word) else {
            throw ControlFailure(.noSuchPair, "there is no pair \(word)", next: "tandem status")
        }
        return runner
    }

    private func known(_ word: String) -> PairRunner? {
        runners.look { $0[word] ?? $0.values.first { $0.identity.name == word } }
    }

    /// Changes what is wanted of pairs, durably, before anything is done about it.
    func want(
        _ words: [String],
        _ change: (PairRunner.Wanted) -> PairRunner.Wanted
    ) throws -> [PairRunner] {
        let chosen = try words.map(runner)
        for runner in chosen {
            let wanted = change(runner.wanted)
            try store.want(
                WantedRecord(
                    pair: runner.identity.idBytes,
                    isUp: wanted.isUp,
                    isPaused: wanted.isPaused
                )
            )
            runner.want(wanted)
        }
        return chosen
    }

    /// The link may work again: every pair tries now.
    func reconnectNow() {
        for runner in runners.look({ Array($0.values) }) { runner.reconnectNow() }
    }

    /// Reads pairs and configuration again.
    func reload() throws {
        try load()
        for runner in runners.look({ Array($0.values) }) { try runner.live?.reload() }
    }

    /// Stops all pairs at once; false when one was not at a safe point in time.
    func stop(until deadline: DispatchTime) -> Bool {
        let all = runners.look { Array($0.values) }
        for runner in all { runner.end() }
        return all.reduce(true) { $1.closed(until: deadline) && $0 }
    }
}
