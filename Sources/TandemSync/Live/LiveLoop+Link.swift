import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

// MARK: - The link

extension LiveLoop {
    /// Content the vm may send ahead of what is staged here: bounds memory, hides the disk.
    static let creditWindow: UInt64 = 8 << 20

    func startConnecting() {
        guard side != nil, link == nil, !isPaused else { return }
        attempt += 1
        retryAt = nil
        connectingSince = time.monotonic
        board.enter(.connecting, .working, "connecting")
        let (attempt, connect, events) = (attempt, connect, events)
        WorkerThread.start("tandem-connect") {
            let result: Result<any ByteLink, any Error>
            do {
                result = .success(try connect())
            } catch {
                result = .failure(error as? SyncError ?? SyncError(.unreachable, "\(error)"))
            }
            if !events.put(.connected(attempt: attempt, result)), case .success(let link) = result {
                link.close()
            }
        }
    }

    /// Something happened after which a dead link may work again, or a good one may be dead.
    ///
    /// What waits is tried at once. A link that stands is asked for a sign of life, because nothing
    /// else tells before its silence is long that an address is gone or that the laptop slept.
    func reconnectNow() {
        backoff.reset()
        if let link { return link.probe() }
        let now = time.monotonic
        if retryAt != nil {
            retryAt = now
        } else if let connectingSince, now >= connectingSince + Limits.probeDeadline {
            // What this attempt sent may be lost, and is repeated ever more seldom.
            startConnecting()
        }
    }

    func connected(_ bytes: any ByteLink) throws {
        guard let side, let memory else { return bytes.close() }
        let (attempt, events) = (attempt, events)
        let link = LaptopLink(bytes, versions: pair.versions) { incoming in
            switch incoming {
            case .message(let message): events.put(.message(attempt: attempt, message))
            case .ended(let error): events.put(.linkEnded(attempt: attempt, error))
            }
        }
        self.link = link
        let compresses = link.allowsCompression
        try link.send(
            .hello(
                Hello(
                    versions: pair.versions,
                    capabilities: compresses ? .own : Capabilities.own.subtracting(.zstd),
                    pair: try PairID.checked(pair.id),
                    purpose: .sync,
                    claim: claim(memory),
                    rules: side.rulesDigest,
                    client: ClientText.own
                )
            )
        )
    }

    /// What the laptop says of its lineage.
    func claim(_ memory: PushSession.Memory) -> LineageClaim? {
        guard let token = LineageToken(bytes: memory.token) else { return nil }
        return LineageClaim(
            LineagePoint(generation: memory.generation, token: token),
            intent: intent.flatMap { LineageToken(bytes: $0) }
        )
    }

    func handle(_ message: VMMessage) throws {
        switch message {
        case .welcome(let welcome): try welcomed(welcome)
        case .rootTree(let root):
            try tell(.rootTree(root.digest, entries: root.entries, isComplete: root.complete))
        case .listing(let listing): try listed(listing)
        case .applied(let applied): try tell(.applied(applied.items, isLast: applied.last))
        case .need(let need): try tell(.need(need.ranges, isLast: need.last))
        case .outcome(let items): try tell(.outcomes(items.map(PushSession.Outcome.init)))
        case .ended(let ended): try tell(.ended(rootDigest: ended.root))
        case .committed:
            CrashPoint.reach("live.committed")
            try tell(.committed)
        case .observed(let observed): try observe(observed)
        case .content(let pack): try take(pack)
        case .fetched: try fetched()
        case .drained: try drained()
        case .notice(let notice): take(notice)
        case .modified(let times): modified(times)
        case .failure(let failure): throw SyncError(failure)
        case .bye: throw SyncError(.unreachable, "the receiver ended the session")
        case .progress, .credit, .ping, .pong, .shelfItems, .restored: break
        }
        if let link {
            let (up, down) = (link.sentBytes, link.receivedBytes)
            board.note {
                $0.wireBytesUp = up
                $0.wireBytesDown = down
                $0.roundTripNanoseconds = link.roundTrip
            }
        }
    }

    private func take(_ notice: WatchNotice) {
        switch notice.kind {
        case .complete: board.note { $0.vmWatch = nil }
        case .limited:
            board.note { $0.vmWatch = notice.text }
            board.tell(.notice(notice.text))
        case .overflow: board.tell(.notice(notice.text))
        }
    }

    private func welcomed(_ welcome: Welcome) throws {
        guard welcome.capabilities.contains(.live) else {
            throw SyncError(
                .version,
                "the receiver \(welcome.receiver) cannot keep a pair in sync",
                hint: "upgrade Tandem on the vm; `tandem push` works meanwhile"
            )
        }
        guard let memory, let link, let side else { return }
        let decision = Lineage.decide(claim(memory), welcome.lineage)
        let standing = try PushSession.Standing(decision, intent: intent)
        try link.send(.grant(Self.creditWindow))
        times = TimeQuestions(areAnswered: welcome.capabilities.contains(.times))
        linkedSince = time.monotonic
        board.note {
            $0.receiver = welcome.receiver
            $0.isConnected = true
        }
        board.tell(.linkUp(receiver: welcome.receiver))
        board.enter(.comparing, .working, "comparing")
        var known = memory
        known.rules = welcome.rulesKnown ? side.rulesDigest : nil
        session = LiveSession(
            memory: known,
            begun: LiveSession.Begun(
                toLaptop: notes.toLaptop,
                isKept: notes.boot != nil && notes.boot == boot
            ),
            settings: .init(modes: settings.modes),
            drawToken: { LineageToken.random().bytes }
        )
        // The session holds the archive now; a second holder would make each change a copy.
        self.memory = nil
        try tell(.welcomed(standing, areRulesKnown: welcome.rulesKnown))
    }

    private func listed(_ listing: Listing) throws {
        let children = listing.items.map { (name: $0.name, state: $0.state) }
        try tell(.listing(listing.path, children, isLast: listing.end != .more))
    }

    private func observe(_ observed: Observed) throws {
        if !observed.items.isEmpty { dirtySince = dirtySince ?? time.monotonic }
        try tell(
            .observed(
                observed.items.map { Difference(path: $0.path, old: nil, new: $0.state) },
                root: observed.last ? observed.root : nil,
                isComplete: observed.complete
            )
        )
    }
}

// MARK: - Contents from the vm

/// Where the contents of an order go.
protocol ContentSink: AnyObject {
    /// Takes a piece of the item of this number.
    func take(_ item: UInt32, _ offset: UInt64, _ bytes: UnsafeRawBufferPointer) throws
}

/// An order of contents, and where they go.
struct ContentOrder {
    var items: [Fetch.Item]
    var sink: any ContentSink
    /// All that could be read is here.
    var finish: () throws -> Void
}

/// The orders that wait their turn; the protocol has one open at a time.
struct OrderQueue {
    private var waiting: [ContentOrder] = []

    /// The order whose contents come now.
    var open: ContentOrder? { waiting.first }

    /// Adds an order; true when it may be sent at once.
    mutating func add(_ order: ContentOrder) -> Bool {
        waiting.append(order)
        return waiting.count == 1
    }

    /// Ends the open order; gives it.
    mutating func close() -> ContentOrder? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }
}

extension LiveLoop {
    func order(_ order: ContentOrder) throws {
        guard orders.add(order) else { return }
        try send(order)
    }

    private func send(_ order: ContentOrder) throws {
        guard let link else { return }
        for message in Fetch.messages(for: order.items) { try link.send(message) }
    }

    private func take(_ pack: DataPack) throws {
        guard let order = orders.open else { return }
        for record in pack.records {
            try unsafe pack.withContent(of: record) { bytes in
                try unsafe order.sink.take(record.id, record.offset, bytes)
            }
        }
        link?.topUp(pack.cost, window: Self.creditWindow)
    }

    private func fetched() throws {
        guard let order = orders.close() else { return }
        if let next = orders.open { try send(next) }
        try order.finish()
    }
}
