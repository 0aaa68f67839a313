/// What a client asks: a method, a path and its query.
package struct HTTPRequest: Hashable, Sendable {
    package enum Method: Hashable, Sendable {
        /// Looks and changes nothing; HEAD too.
        case get
        /// Asks for something to be done.
        case post
    }

    package var method: Method
    package var path: String
    /// The fields of the query; what is not `key=value` in plain letters is left out.
    package var query: [String: String]

    package init(_ method: Method, _ path: String, query: [String: String] = [:]) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Reads the target of a request line.
    init(_ method: Method, target: String) {
        let parts = target.prefix { $0 != "#" }
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        for field in parts.dropFirst().joined().split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // An encoded value is none of ours: every name and digest here is plain.
            guard pair.count == 2, !field.utf8.contains(UInt8(ascii: "%")) else { continue }
            query[String(pair[0])] = String(pair[1])
        }
        self.init(method, parts.first.map(String.init) ?? "", query: query)
    }
}

/// How a service answers: with a reply that may come later, from any thread, once.
package struct HTTPResponder: Sendable {
    /// Whether POST is taken as well as GET and HEAD.
    let takesPosts: Bool
    /// Whose processes may connect, where the service listens on a UNIX socket; nil admits all.
    let admits: (@Sendable (UInt32?) -> Bool)?
    let respond: @Sendable (HTTPRequest, @escaping @Sendable (HTTPAnswer) -> Void) -> Void

    /// A service that is asked to do things.
    ///
    /// - Parameters:
    ///   - admits: whose processes may connect; nil for a uid the kernel does not say.
    ///   - respond: is given a request and what to call with the answer. It runs on the service's
    ///     thread, so it returns at once and lets another thread do what takes time.
    package init(
        admits: @escaping @Sendable (UInt32?) -> Bool,
        respond: @escaping @Sendable (HTTPRequest, @escaping @Sendable (HTTPAnswer) -> Void) -> Void
    ) {
        takesPosts = true
        self.admits = admits
        self.respond = respond
    }

    /// A service that only tells.
    init(route: @escaping @Sendable (String) -> HTTPAnswer) {
        takesPosts = false
        admits = nil
        respond = { request, reply in reply(route(request.path)) }
    }
}
