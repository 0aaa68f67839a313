/// What a route answers: a status, a media type and a small body.
package struct HTTPAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    package init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// Plain text.
    package static func text(_ text: String, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// A JSON text that is written already.
    package static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "application/json", body: bytes)
    }

    /// Prometheus text exposition format 0.0.4.
    package static func metrics(_ text: String) -> HTTPAnswer {
        HTTPAnswer(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }

    /// The answer for a path that leads nowhere.
    package static var notFound: HTTPAnswer { .text("not found\n", status: 404) }
}

/// Where a service listens, or a client asks.
package enum HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Reads `ADDRESS:PORT`; an address left out is every one, an IPv6 one stands in brackets.
    package init?(tcp text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self = .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

/// The bounds on what one client can cost a service.
package struct HTTPLimits: Sendable {
    /// Bytes of one request, its head and any body together.
    package var requestBytes = 16_384
    /// Connections at once; one more is told 503.
    package var connections = 64
    /// Nanoseconds for a whole request to come, and for an answer to be taken.
    package var requestTime: Int64 = 5_000_000_000
    /// Nanoseconds a connection may wait for its next request.
    package var idleTime: Int64 = 60_000_000_000

    package init() {}
}
