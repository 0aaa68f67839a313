package import Dispatch
package import TandemSystem

/// One request over a byte link: how the laptop asks a daemon of the vm, through SSH.
///
/// It speaks to the project's own services, which always say how long an answer is. What comes is
/// not trusted: it is bounded, and anything unexpected is an error.
package enum HTTPOverLink {
    /// The longest head of an answer.
    private static let longestHead = 16_384
    private static let chunk = 65_536

    /// Sends a request and waits for the whole answer; the link is not used again.
    ///
    /// - Parameters:
    ///   - method: GET, or POST for what changes something.
    ///   - target: the path with its query, plain characters only.
    ///   - link: leads to the service.
    ///   - deadline: when to give up.
    ///   - limit: the most bytes of body taken.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `HTTPFailure`, `LinkError`.
    package static func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        over link: any ByteLink,
        by deadline: DispatchTime,
        limit: Int = 4 << 20
    ) throws -> HTTPAnswer {
        let verb = method == .post ? "POST" : "GET"
        var head = "\(verb) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if method == .post { head += "Content-Length: 0\r\n" }
        // A service may refuse before it has read the request: its answer says more than the cut.
        let cut = failure { try link.write(Array((head + "\r\n").utf8)) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while bytes.count <= limit + longestHead {
            if let answer = try HTTPAnswerText.answer(in: bytes) { return answer }
            let count = try unsafe buffer.withUnsafeMutableBytes {
                try unsafe link.read(into: $0, until: deadline)
            }
            guard count > 0 else {
                if let cut, bytes.isEmpty { throw cut }
                throw HTTPFailure(.broken, "the connection ended within an answer")
            }
            bytes.append(contentsOf: buffer[..<count])
        }
        throw HTTPFailure(.tooLarge, "an answer over \(limit) bytes")
    }

    /// What the work failed with, if it did.
    private static func failure(_ work: () throws -> Void) -> (any Error)? {
        do {
            try work()
            return nil
        } catch {
            return error
        }
    }
}

/// The bytes of an HTTP/1 answer with a known length.
enum HTTPAnswerText {
    private static let blankLine: [UInt8] = Array("\r\n\r\n".utf8)

    /// The answer, when all of it is there; nil while more has to come.
    ///
    /// - Throws: `HTTPFailure` for what can never become an answer.
    static func answer(in bytes: [UInt8]) throws(HTTPFailure) -> HTTPAnswer? {
        guard let end = bytes.firstRange(of: blankLine) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (100...599).contains(status)
        else { throw HTTPFailure(.broken, "what answers does not speak HTTP") }
        guard let length = field("content-length", lines).flatMap({ Int($0) }), length >= 0 else {
            throw HTTPFailure(.broken, "an answer without a length")
        }
        let body = bytes[end.upperBound...]
        guard body.count >= length else { return nil }
        return HTTPAnswer(
            status: status,
            contentType: field("content-type", lines) ?? "",
            body: Array(body.prefix(length))
        )
    }

    private static func field(_ name: String, _ lines: [Substring]) -> String? {
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name else { continue }
            return String(parts[1].drop { $0 == " " })
        }
        return nil
    }
}
