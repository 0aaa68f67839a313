import TandemTree

/// What a session of purpose sync adds to the order: watching, and content that flows to the laptop.
struct LiveConversation: Hashable, Sendable {
    private(set) var isWatching = false
    private(set) var credit: UInt64 = 0
    private var order: Order?

    /// An order of contents between its first Fetch and Fetched.
    private struct Order: Hashable, Sendable {
        var items: UInt32 = 0
        var entitled: UInt64 = 0
        var received: UInt64 = 0
        var isComplete = false
    }

    mutating func watch() throws(ProtocolError) {
        guard !isWatching else { throw ProtocolError(.wrongOrder, "Watch") }
        isWatching = true
    }

    func checkWatching(_ what: StaticString) throws(ProtocolError) {
        guard isWatching else { throw ProtocolError(.wrongOrder, what) }
    }

    mutating func fetch(_ fetch: Fetch) throws(ProtocolError) {
        var order = order ?? Order()
        guard !order.isComplete, fetch.firstID == order.items else {
            throw ProtocolError(.wrongOrder, "Fetch")
        }
        guard fetch.items.count <= Limits.changesInBatch - order.items else {
            throw ProtocolError(.tooMany, "Fetch")
        }
        order.items += UInt32(fetch.items.count)
        order.entitled = order.entitled.addingCapped(fetch.contentBytes)
        order.isComplete = fetch.last
        self.order = order
    }

    mutating func grant(_ bytes: UInt64) throws(ProtocolError) {
        guard bytes <= Limits.credit, credit <= Limits.credit - bytes else {
            throw ProtocolError(.outOfRange, "Grant")
        }
        credit += bytes
    }

    mutating func content(
        _ cost: UInt64,
        highestID: UInt32,
        contentBytes: UInt64
    ) throws(ProtocolError) {
        guard var order else { throw ProtocolError(.wrongOrder, "Content") }
        guard cost <= credit else { throw ProtocolError(.creditExceeded, "Content") }
        guard highestID < order.items else {
            throw ProtocolError(.outOfRange, "Content that was not ordered")
        }
        guard contentBytes <= order.entitled - order.received else {
            throw ProtocolError(.contentExceeded, "Content")
        }
        order.received += contentBytes
        credit -= cost
        self.order = order
    }

    mutating func fetched(_ count: UInt32) throws(ProtocolError) {
        guard let order, order.isComplete else { throw ProtocolError(.wrongOrder, "Fetched") }
        guard count == order.items else { throw ProtocolError(.badValue, "Fetched.items") }
        self.order = nil
    }
}
