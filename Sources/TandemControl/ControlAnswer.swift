/// What the agent answers.
package enum ControlAnswer: Codable, Hashable, Sendable {
    case done
    case status(AgentStatus)
    case flushed(FlushAnswer)
    case plan(PlanAnswer)
    case conflicts([OpenConflict])
    case contents(ContentAnswer)
    case event(AgentEvent)
    case failed(ControlFailure)
}

/// Why the agent did not do what it was asked.
package struct ControlFailure: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Codable, Hashable, Sendable {
        case noSuchPair
        /// The pair is not up.
        case notUp
        /// A conflict is not what was shown any more, or is none.
        case changed
        case timedOut
        case unreachable
        case permission
        case configuration
        case halted
        case refused
        case failed
    }

    package var code: Code
    package var message: String
    package var next: String?

    package init(_ code: Code, _ message: String, next: String? = nil) {
        self.code = code
        self.message = message
        self.next = next
    }

    package var description: String { next.map { "\(message); \($0)" } ?? message }
}

/// How a flush ended.
package struct FlushAnswer: Codable, Hashable, Sendable {
    package enum Result: String, Codable, Hashable, Sendable {
        /// All that was saved before is durable on the other side, and both sides are the same.
        case inSync
        /// All that was saved before is durable on the other side; others go on changing it.
        case durable
        /// The same, outside what is listed.
        case attention
        case timedOut
        case broken
    }

    package var result: Result
    /// The tree both sides have, in hexadecimal.
    package var tree: String?
    /// What is left open, or why it did not work.
    package var remarks: [String]
    package var status: PairStatus

    package init(result: Result, tree: String?, remarks: [String], status: PairStatus) {
        self.result = result
        self.tree = tree
        self.remarks = remarks
        self.status = status
    }
}

/// A conflict that is open.
package struct OpenConflict: Codable, Hashable, Sendable {
    package var number: Int
    package var path: WirePath
    /// The reason's word, such as `both-modified`.
    package var reason: String
    package var base: WireState?
    package var laptop: WireState?
    package var vm: WireState?
    /// All times in nanoseconds since 1970.
    package var firstSeen: Int64
    package var laptopModified: Int64?
    package var vmModified: Int64?
    package var generation: UInt64

    package init(
        number: Int,
        path: WirePath,
        reason: String,
        base: WireState?,
        laptop: WireState?,
        vm: WireState?,
        firstSeen: Int64,
        laptopModified: Int64? = nil,
        vmModified: Int64? = nil,
        generation: UInt64
    ) {
        self.number = number
        self.path = path
        self.reason = reason
        self.base = base
        self.laptop = laptop
        self.vm = vm
        self.firstSeen = firstSeen
        self.laptopModified = laptopModified
        self.vmModified = vmModified
        self.generation = generation
    }
}

/// What stands at a path on one side.
package struct ContentAnswer: Codable, Hashable, Sendable {
    /// The most bytes of a content that are carried.
    package static let limit = 8 << 20

    /// Base64; nil where nothing stands there, or what stands there has no content.
    package var base64: String?

    package init(base64: String?) {
        self.base64 = base64
    }
}
