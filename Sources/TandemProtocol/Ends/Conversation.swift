import TandemTree

/// The order in which the two sides may speak: one state machine that both ends hold.
///
/// What the vm says is always caused by what the laptop said before, so the laptop's copy is never
/// behind the vm's. Hence a message that was legal where it left is legal where it arrives.
struct Conversation: Hashable, Sendable {
    enum Phase: Hashable, Sendable {
        case awaitingHello
        case awaitingWelcome(Purpose, VersionRange)
        case open(Purpose)
        case closed
    }

    private(set) var phase = Phase.awaitingHello
    private(set) var credit: UInt64 = 0
    /// What the vm's greeting named; nil before the laptop has it.
    private var greeted: VersionRange?
    private var batch: OpenBatch?
    private var isUncommitted = false
    private var requests = RequestQueue()
    private var ruleBytes = 0
    private var listed: [UInt8] = []
    private var appliedOrder = ChangeOrder()
    private var live = LiveConversation()

    /// What the vm may still send of ordered contents.
    var contentCredit: UInt64 { live.credit }

    var isClosed: Bool { phase == .closed }

    /// Begins with the vm's versions where they are known: at its own end.
    init(vm versions: VersionRange? = nil) {
        greeted = versions
    }

    /// Takes the versions that the vm's greeting names.
    mutating func greet(_ versions: VersionRange) { greeted = versions }

    mutating func close() {
        phase = .closed
        batch = nil
    }
}

// MARK: - The laptop speaks

extension Conversation {
    /// Checks a message of the laptop's and takes its effect.
    mutating func laptopSays(_ message: LaptopMessage) throws(ProtocolError) {
        switch message {
        case .hello(let hello): try hear(hello)
        case .ping, .pong: try checkGreeted("Ping")
        case .bye: close()
        case .rules(let chunk): try hear(chunk)
        case .compare: try ask(.rootTree)
        case .list(let paths): for path in paths { try ask(.listing(path)) }
        case .appliedQuery: try ask(.applied)
        case .shelfList: try ask(.shelfItems)
        case .shelfRestore: try restore()
        case .begin(let begin): try open(begin)
        case .changes(let run):
            try inBatch { batch throws(ProtocolError) in try batch.changes(run) }
        case .data(let pack): try hear(pack)
        case .end(let count):
            try inBatch { batch throws(ProtocolError) in try batch.end(changes: count) }
        case .commit: try commit()
        case .watch: try inLive { live throws(ProtocolError) in try live.watch() }
        case .drain:
            try inLive { live throws(ProtocolError) in try live.checkWatching("Drain") }
            try requests.ask(.drained)
        case .times(let paths):
            try inLive { live throws(ProtocolError) in try live.checkWatching("Times") }
            try requests.ask(.modified(paths.count))
        case .fetch(let fetch):
            try inLive { live throws(ProtocolError) in try live.fetch(fetch) }
        case .grant(let bytes):
            try inLive { live throws(ProtocolError) in try live.grant(bytes) }
        }
    }

    /// Takes the effect of a frame that a packer made.
    mutating func laptopSays(_ frame: PackedFrame) throws(ProtocolError) {
        switch frame.content {
        case .changes(let firstID, let count, let fileBytes):
            try inBatch { batch throws(ProtocolError) in
                try batch.changes(firstID: firstID, count: Int(count), fileBytes: fileBytes)
            }
        case .data(let highestID, let contentBytes, let cost):
            try spend(cost, highestID: highestID, contentBytes: contentBytes)
        }
    }

    private mutating func hear(_ hello: Hello) throws(ProtocolError) {
        guard phase == .awaitingHello else { throw ProtocolError(.wrongOrder, "Hello") }
        try hello.validate()
        phase = .awaitingWelcome(hello.purpose, hello.versions)
    }

    private mutating func hear(_ chunk: RulesChunk) throws(ProtocolError) {
        _ = try purpose()
        guard batch == nil else { throw ProtocolError(.wrongOrder, "Rules") }
        ruleBytes += chunk.bytes.count
        guard ruleBytes <= Limits.ruleSet else { throw ProtocolError(.tooLong, "Rules") }
        if chunk.last { ruleBytes = 0 }
    }

    private mutating func hear(_ pack: DataPack) throws(ProtocolError) {
        let highest = pack.records.reduce(UInt32(0)) { max($0, $1.id) }
        try spend(
            UInt64(pack.cost),
            highestID: highest,
            contentBytes: UInt64(pack.contentBytes)
        )
    }

    private mutating func spend(
        _ cost: UInt64,
        highestID: UInt32,
        contentBytes: UInt64
    ) throws(ProtocolError) {
        guard batch == nil || cost <= credit else { throw ProtocolError(.creditExceeded, "Data") }
        try inBatch { batch throws(ProtocolError) in
            try batch.data(highestID: highestID, contentBytes: contentBytes)
        }
        credit -= cost
    }

    private mutating func ask(_ request: Request) throws(ProtocolError) {
        _ = try purpose()
        try requests.ask(request)
    }

    private mutating func restore() throws(ProtocolError) {
        guard try purpose() == .shelf else { throw ProtocolError(.wrongOrder, "ShelfRestore") }
        try requests.ask(.restored)
    }

    private mutating func open(_ begin: Begin) throws(ProtocolError) {
        guard try purpose().mayChange, batch == nil, !isUncommitted else {
            throw ProtocolError(.wrongOrder, "Begin")
        }
        batch = OpenBatch(begin)
    }

    private mutating func commit() throws(ProtocolError) {
        guard try purpose().makesGenerations, batch == nil else {
            throw ProtocolError(.wrongOrder, "Commit")
        }
        isUncommitted = false
        try requests.ask(.committed)
    }
}

// MARK: - The vm speaks

extension Conversation {
    /// Checks a message of the vm's and takes its effect.
    mutating func vmSays(_ message: VMMessage) throws(ProtocolError) {
        switch message {
        case .welcome(let welcome): try hear(welcome)
        case .ping, .pong: try checkGreeted("Ping")
        case .bye: close()
        case .failure: fail()
        case .credit(let bytes): try grant(bytes)
        case .rootTree: try answer(.rootTree)
        case .listing(let listing): try hear(listing)
        case .applied(let applied): try hear(applied)
        case .committed: try answer(.committed)
        case .shelfItems(let items): try answer(.shelfItems, last: items.last)
        case .restored: try answer(.restored)
        case .need(let need): try inBatch { batch throws(ProtocolError) in try batch.need(need) }
        case .progress: try inBatch { _ in }
        case .outcome(let items):
            try inBatch { batch throws(ProtocolError) in try batch.outcome(items) }
        case .ended(let ended): try hear(ended)
        case .observed:
            try inLive { live throws(ProtocolError) in try live.checkWatching("Observed") }
        case .notice:
            try inLive { live throws(ProtocolError) in try live.checkWatching("Notice") }
        case .content(let pack): try hear(content: pack)
        case .fetched(let items):
            try inLive { live throws(ProtocolError) in try live.fetched(items) }
        case .drained: try answer(.drained)
        case .modified(let times): try answer(.modified(times.count))
        }
    }

    /// Takes the effect of a frame of content that a packer made.
    mutating func vmSays(_ frame: PackedFrame) throws(ProtocolError) {
        guard case .data(let highestID, let contentBytes, let cost) = frame.content else {
            throw ProtocolError(.wrongOrder, "Changes from the vm")
        }
        try inLive { live throws(ProtocolError) in
            try live.content(cost, highestID: highestID, contentBytes: contentBytes)
        }
    }

    private mutating func hear(content pack: DataPack) throws(ProtocolError) {
        let highest = pack.records.reduce(UInt32(0)) { max($0, $1.id) }
        try inLive { live throws(ProtocolError) in
            try live.content(
                UInt64(pack.cost),
                highestID: highest,
                contentBytes: UInt64(pack.contentBytes)
            )
        }
    }

    private mutating func hear(_ welcome: Welcome) throws(ProtocolError) {
        guard case .awaitingWelcome(let purpose, let versions) = phase else {
            throw ProtocolError(.wrongOrder, "Welcome")
        }
        // Both ends know both ranges, so neither can name another version than the other expects.
        guard let greeted, welcome.version == greeted.common(with: versions) else {
            throw ProtocolError(.badValue, "Welcome.version")
        }
        phase = .open(purpose)
        credit = welcome.credit
    }

    /// A Failure answers the oldest request; with a batch open, or nothing asked, it is the end.
    private mutating func fail() {
        guard case .open = phase, batch == nil, requests.oldest != nil else { return close() }
        requests.removeOldest()
        listed = []
    }

    private mutating func grant(_ bytes: UInt64) throws(ProtocolError) {
        _ = try purpose()
        guard bytes <= Limits.credit, credit <= Limits.credit - bytes else {
            throw ProtocolError(.outOfRange, "Credit")
        }
        credit += bytes
    }

    private mutating func answer(_ request: Request, last: Bool = true) throws(ProtocolError) {
        _ = try purpose()
        try requests.answer(request, last: last)
    }

    private mutating func hear(_ listing: Listing) throws(ProtocolError) {
        try answer(.listing(listing.path), last: listing.end != .more)
        if let first = listing.items.first {
            guard listed.lexicographicallyPrecedes(first.name) else {
                throw ProtocolError(.unsorted, "Listing.name")
            }
        }
        listed = listing.end == .more ? listing.items.last?.name ?? listed : []
    }

    private mutating func hear(_ applied: Applied) throws(ProtocolError) {
        try answer(.applied, last: applied.last)
        for item in applied.items { try appliedOrder.checkPath(item.path, "Applied.path") }
        if applied.last { appliedOrder = ChangeOrder() }
    }

    private mutating func hear(_ ended: Ended) throws(ProtocolError) {
        try inBatch { batch throws(ProtocolError) in try batch.ended(ended) }
        batch = nil
        isUncommitted = try purpose().makesGenerations
    }
}

// MARK: - Shared checks

extension Conversation {
    private func purpose() throws(ProtocolError) -> Purpose {
        guard case .open(let purpose) = phase else {
            throw ProtocolError(.wrongOrder, "a message outside an open session")
        }
        return purpose
    }

    private func checkGreeted(_ what: StaticString) throws(ProtocolError) {
        guard phase != .awaitingHello, phase != .closed else {
            throw ProtocolError(.wrongOrder, what)
        }
    }

    private mutating func inLive(
        _ body: (inout LiveConversation) throws(ProtocolError) -> Void
    ) throws(ProtocolError) {
        guard case .open(.sync) = phase else {
            throw ProtocolError(.wrongOrder, "a message of a session that keeps in sync")
        }
        try body(&live)
    }

    private mutating func inBatch(
        _ body: (inout OpenBatch) throws(ProtocolError) -> Void
    ) throws(ProtocolError) {
        guard case .open = phase, var open = batch else {
            throw ProtocolError(.wrongOrder, "a message outside a batch")
        }
        batch = nil
        defer { batch = open }
        try body(&open)
    }
}
