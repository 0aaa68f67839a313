import Dispatch
import Logging
import TandemControl
import TandemStore
import TandemSystem
import TandemTree

/// Takes what happens to the pairs from their threads, and writes it down: the store, the listeners,
/// the log and the desktop.
///
/// Whoever tells it something never waits. What is over the bound is left out of the journal and
/// counted; conflicts are read from the pair itself, so that none is missed.
final class NewsDesk: Sendable {
    private struct Item: Sendable {
        var pair: PairIdentity
        var time: Int64
        var news: PairNews
    }

    private struct State {
        var items: [Item] = []
        var dropped = 0
        var isBusy = false
        var isClosed = false
    }

    /// What may wait to be written: a batch is one item.
    private static let capacity = 4096

    private let state = Monitor(State())
    private let store: Store
    private let hub: EventHub
    private let logger: Logger
    private let time: any TimeSource
    private let notices: (any NoticeSink)?
    private let decider = Monitor(NoticeDecider())
    private let verdicts = Monitor<[String: Verdict]>([:])
    /// What the pair says of itself now.
    private let view: @Sendable (String) -> PairView?

    init(
        store: Store,
        hub: EventHub,
        logger: Logger,
        time: any TimeSource,
        notices: (any NoticeSink)?,
        view: @escaping @Sendable (String) -> PairView?
    ) {
        self.store = store
        self.hub = hub
        self.logger = logger
        self.time = time
        self.notices = notices
        self.view = view
    }

    func start() {
        WorkerThread.start("tandem-news") { [self] in
            while let items = take() {
                for item in items { write(item) }
                for pair in Set(items.map(\.pair)) { lookAt(pair) }
                state.change { $0.isBusy = false }
            }
        }
    }

    /// Takes something that happened; never waits.
    func tell(_ news: PairNews, of pair: PairIdentity) {
        let item = Item(pair: pair, time: time.wall, news: news)
        state.change { state in
            guard !state.isClosed else { return }
            guard state.items.count < Self.capacity else {
                state.dropped += 1
                return
            }
            state.items.append(item)
        }
    }

    /// Writes what was told and ends; what is told later is forgotten.
    func close(until deadline: DispatchTime) {
        state.change { $0.isClosed = true }
        _ = state.wait(until: deadline) { $0.items.isEmpty && !$0.isBusy ? true : nil }
    }

    /// Waits until all that was told before is written.
    func drain(until deadline: DispatchTime) {
        _ = state.wait(until: deadline) { $0.items.isEmpty && !$0.isBusy ? true : nil }
    }

    private func take() -> [Item]? {
        let taken: [Item]?? = state.wait { state -> [Item]?? in
            guard !state.items.isEmpty else { return state.isClosed ? .some(.none) : nil }
            if state.dropped > 0 {
                logger.warning(
                    "news were left out of the journal",
                    metadata: ["count": "\(state.dropped)"]
                )
            }
            let items = state.items
            state.items = []
            state.dropped = 0
            state.isBusy = true
            return .some(items)
        }
        return taken ?? nil
    }

    private func write(_ item: Item) {
        let records = Journal.records(of: item.news, at: item.time)
        if !records.isEmpty {
            note { try store.note(records, of: item.pair.idBytes) }
        }
        if Journal.concernsConflicts(item.news) { keepConflicts(of: item.pair, at: item.time) }
        for event in Journal.events(of: item.news, pair: item.pair, at: item.time) {
            hub.publish(event)
        }
        for line in Journal.lines(of: item.news) {
            logger.info("\(line)", metadata: ["pair": "\(item.pair.name)"])
        }
    }

    /// Makes the store's conflicts those that the pair has now, once it knows them.
    func keepConflicts(of pair: PairIdentity, at now: Int64) {
        guard let view = view(pair.id), let conflicts = view.conflicts else { return }
        note {
            try store.setConflicts(
                conflicts,
                of: pair.idBytes,
                generation: view.status.generation,
                at: now
            )
        }
    }

    /// Tells of a verdict that changed.
    private func lookAt(_ pair: PairIdentity) {
        guard let status = view(pair.id)?.status else { return }
        let before = verdicts.change { $0.updateValue(status.verdict, forKey: pair.id) }
        if before != status.verdict {
            hub.publish(
                AgentEvent(
                    time: time.wall,
                    kind: .verdict,
                    pair: pair.id,
                    name: pair.name,
                    text: status.verdict.rawValue
                )
            )
        }
        hub.publish(
            AgentEvent(
                time: time.wall,
                kind: .phase,
                pair: pair.id,
                name: pair.name,
                text: status.headline
            )
        )
        if let notice = decider.change({ $0.look(status) }) { notices?.show(notice) }
    }

    /// Runs something that may fail without anyone having to know but the log.
    private func note(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            logger.error("the store could not be written: \(error)")
        }
    }
}

extension PairIdentity {
    /// The id's bytes.
    var idBytes: [UInt8] {
        let digits = Array(id.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
        }
    }
}
