import Dispatch
import TandemFiles
import TandemProtocol
import TandemSystem
import TandemTree

/// The work of one session, in the order the laptop asks for it; used by one thread.
struct ReceiverWork {
    private let session: ReceiverSession
    private var pair: OpenPair?
    private var batch: RunningBatch?
    private var rulesBytes: [UInt8] = []
    private var hello: Hello?
    private var orders: ContentOrders?
    /// Whether the laptop asked, while a batch was open, for all that happened.
    private var owesDrain = false

    init(session: ReceiverSession) {
        self.session = session
    }

    private var endpoint: ReceiverEndpoint { session.endpoint }

    /// Does what one message asks; the answers go out through the session.
    mutating func handle(_ message: LaptopMessage) throws {
        if case .hello(let hello) = message { return try welcome(hello) }
        guard let pair else { throw Failure(.violation, "a message came before the greeting") }
        switch message {
        case .rules(let chunk): try takeRules(chunk, pair)
        case .compare: try pair.scan(answer: session.send)
        case .list(let paths): pair.list(paths, answer: session.send)
        case .begin(let begin): batch = try RunningBatch(begin, pair, session)
        case .changes(let run): try running().add(run)
        case .data(let pack): try running().write(pack)
        case .end(let count): try finish(changes: count, pair)
        case .appliedQuery: try pair.sendApplied(answer: session.send)
        case .commit(let point): try commit(point, pair)
        case .shelfList(let prefix): pair.listShelf(prefix, answer: session.send)
        case .shelfRestore(let place): try pair.restore(place, answer: session.send)
        case .watch: try pair.watch(session)
        case .drain: try drain(pair)
        case .fetch(let fetch): order(fetch, pair)
        case .grant: break
        case .times(let paths): try tellTimes(of: paths, pair)
        case .hello, .ping, .pong, .bye: break
        }
    }

    /// Lets go of the pair; an unfinished batch stays staged for the next session.
    mutating func close() {
        orders?.stop()
        batch?.abandon()
        batch = nil
        pair?.close()
        pair = nil
    }

    private mutating func welcome(_ hello: Hello) throws {
        let mine = endpoint.settings.versions
        // The end lets no other Hello through.
        guard let version = mine.common(with: hello.versions) else {
            throw Failure(.version, "\(VersionMismatch(laptop: hello.versions, vm: mine))")
        }
        let opened = try OpenPair(hello, session)
        pair = opened
        self.hello = hello
        session.send(
            .welcome(
                Welcome(
                    version: version,
                    capabilities: endpoint.settings.capabilities,
                    session: opened.sessionNumber,
                    lineage: opened.lineage,
                    rulesKnown: hello.rules != nil && opened.rules?.digest == hello.rules,
                    stagedBytes: opened.stagedBytes,
                    credit: ReceiverSession.creditWindow,
                    freeBytes: opened.freeBytes,
                    receiver: endpoint.settings.receiverText
                )
            )
        )
    }

    private mutating func takeRules(_ chunk: RulesChunk, _ pair: OpenPair) throws {
        rulesBytes += chunk.bytes
        guard rulesBytes.count <= Limits.ruleSet else {
            throw Failure(.violation, "the rules are longer than \(Limits.ruleSet) bytes")
        }
        guard chunk.last else { return }
        defer { rulesBytes = [] }
        try pair.takeRules(rulesBytes)
    }

    private func running() throws -> RunningBatch {
        guard let batch else { throw Failure(.violation, "no batch has begun") }
        return batch
    }

    private mutating func finish(changes: UInt32, _ pair: OpenPair) throws {
        try running().finish(changes: changes)
        batch = nil
        // Where no Commit follows, this is the time after the answer.
        if !pair.makesGenerations { pair.tidy(isAwaited: { session.hasWork }) }
        try pair.look(at: session.takeNoticed(), answer: session.send)
        guard owesDrain else { return }
        owesDrain = false
        try drain(pair)
    }

    // MARK: A session that keeps in sync

    /// Looks at what was noticed, but not among the swaps of a batch: those are its own doing.
    func noticed() throws {
        guard let pair, batch == nil else { return }
        try pair.look(at: session.takeNoticed(), answer: session.send)
    }

    /// When `lookAgain` has something to do; nil while a batch is open, or nothing is to be looked at.
    var nextLook: UInt64? { batch == nil ? pair?.nextLook : nil }

    /// Looks at what was in doubt, or was read too soon after it changed.
    func lookAgain() throws {
        try pair?.look(at: WatchBatch(), answer: session.send)
    }

    private mutating func drain(_ pair: OpenPair) throws {
        guard batch == nil else {
            owesDrain = true
            return
        }
        try pair.drain(handedOver: session.takeNoticed, answer: session.send)
        session.send(.drained)
    }

    private func tellTimes(of paths: [RelativePath], _ pair: OpenPair) throws {
        guard endpoint.settings.capabilities.contains(.times) else {
            throw Failure(.violation, "times were asked for, which this receiver does not offer")
        }
        session.send(.modified(pair.modified(paths)))
    }

    private mutating func order(_ fetch: Fetch, _ pair: OpenPair) {
        let orders: ContentOrders
        if let standing = self.orders {
            orders = standing
        } else {
            let compresses = hello?.capabilities.contains(.zstd) ?? false
            orders = ContentOrders(session.makeSender(of: pair.root, isCompressed: compresses))
            self.orders = orders
        }
        orders.take(fetch)
    }

    /// Tells the laptop that all of an order that could be read is sent.
    func sentOrder() {
        guard let items = orders?.finishOldest() else { return }
        session.send(.fetched(items: items))
    }

    private func commit(_ point: LineagePoint, _ pair: OpenPair) throws {
        try pair.commit(point)
        session.send(.committed(generation: point.generation))
        pair.tidy(isAwaited: { session.hasWork })
    }
}

extension Failure: Error {
    /// Says to the laptop what went wrong, in its words and with a code it can act on.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ProtocolError: self.init(.violation, "\(error)")
        case let error as ApplyError:
            switch error.code {
            case .noSpace: self.init(.noSpace, error.message)
            case .noSuchItem: self.init(.notFound, error.message)
            case .exists: self.init(.occupied, error.message)
            case .notPrivate: self.init(.notAllowed, error.description)
            case .badContent, .ended: self.init(.violation, error.description)
            case .system: self.init(.inputOutput, error.description)
            }
        case let error as ScanError: self.init(.wrongRoot, error.description)
        case let error as SystemError: self.init(.inputOutput, error.description)
        default: self.init(.fault, "\(error)")
        }
    }
}
