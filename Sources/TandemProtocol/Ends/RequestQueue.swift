import TandemTree

/// Something the laptop asked and the vm answers, in the order of asking.
enum Request: Hashable, Sendable {
    case rootTree
    case listing(RelativePath)
    case applied
    case committed
    case shelfItems
    case restored
    case drained
    /// The times of so many paths.
    case modified(Int)
}

/// The requests without an answer, oldest first; a bound keeps a laptop from piling them up.
struct RequestQueue: Hashable, Sendable {
    private var requests: [Request] = []
    private var head = 0

    var oldest: Request? { head < requests.count ? requests[head] : nil }

    mutating func ask(_ request: Request) throws(ProtocolError) {
        guard requests.count - head < Limits.openRequests else {
            throw ProtocolError(.tooMany, "requests without an answer")
        }
        requests.append(request)
    }

    /// Ends the oldest request.
    mutating func removeOldest() {
        head += 1
        if head >= requests.count / 2 {
            requests.removeFirst(min(head, requests.count))
            head = 0
        }
    }

    /// Checks that `request` is the oldest, and ends it with its last answer.
    mutating func answer(_ request: Request, last: Bool) throws(ProtocolError) {
        guard oldest == request else {
            if case .modified(let asked)? = oldest, case .modified(let answered) = request {
                let text =
                    answered < asked ? "fewer times than asked for" : "more times than asked for"
                throw ProtocolError(.badValue, text)
            }
            throw ProtocolError(.wrongOrder, "an answer that was not asked for next")
        }
        if last { removeOldest() }
    }
}
