/// Something that happened, as `tandem events` tells it.
package struct AgentEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case up
        case down
        case phase
        case verdict
        case change
        case batch
        case conflictOpened = "conflict-opened"
        case conflictClosed = "conflict-closed"
        case problem
        case hook
        case linkUp = "link-up"
        case linkDown = "link-down"
        case halted
        /// The listener was too slow, and `count` events were left out.
        case dropped
    }

    /// In nanoseconds since 1970.
    package var time: Int64
    package var kind: Kind
    /// The pair's id and name; nil where it is about none.
    package var pair: String?
    package var name: String?
    package var path: WirePath?
    /// A word or a sentence.
    package var text: String?
    package var bytes: UInt64?
    package var count: Int?
    package var generation: UInt64?

    package init(
        time: Int64,
        kind: Kind,
        pair: String? = nil,
        name: String? = nil,
        path: WirePath? = nil,
        text: String? = nil,
        bytes: UInt64? = nil,
        count: Int? = nil,
        generation: UInt64? = nil
    ) {
        self.time = time
        self.kind = kind
        self.pair = pair
        self.name = name
        self.path = path
        self.text = text
        self.bytes = bytes
        self.count = count
        self.generation = generation
    }
}
