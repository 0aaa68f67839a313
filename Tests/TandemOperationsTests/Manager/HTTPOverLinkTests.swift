import Dispatch
import TandemHTTP
import TandemSystem
import Testing

/// The laptop's side of a question to a daemon of the vm.
struct HTTPOverLinkTests {
    @Test func `an answer is taken as its length says, byte by byte as well`() throws {
        let text = "HTTP/1.1 202 Accepted\r\ncontent-type: a/b\r\nContent-Length: 3\r\n\r\nabcX"
        let answer = try ask(answering: text, inPieces: 1)
        #expect(answer == HTTPAnswer(status: 202, contentType: "a/b", body: Array("abc".utf8)))
    }

    @Test(
        arguments: [
            "nonsense\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "",
        ]
    )
    func `what is no whole answer is an error`(_ text: String) {
        #expect(throws: HTTPFailure.self) { try ask(answering: text, inPieces: 7) }
    }

    @Test func `an answer given without waiting for the request is still read`() throws {
        let (near, far) = try DescriptorLink.pair()
        defer { near.close() }
        try far.write(Array("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy".utf8))
        far.close()
        let deadline = DispatchTime.now() + .seconds(10)
        let answer = try HTTPOverLink.send(.post, "/v1/x", over: near, by: deadline)
        #expect(answer.status == 503)
        #expect(answer.body == Array("busy".utf8))
    }

    @Test func `a link that is closed before the request says so`() throws {
        let (near, far) = try DescriptorLink.pair()
        defer { near.close() }
        far.close()
        let deadline = DispatchTime.now() + .seconds(10)
        #expect(throws: LinkError.self) {
            try HTTPOverLink.send(.get, "/v1/x", over: near, by: deadline)
        }
    }

    @Test func `an answer without end is bounded`() {
        let text = String(repeating: "x", count: 100_000)
        #expect(throws: HTTPFailure.self) { try ask(answering: text, inPieces: 4096, limit: 1000) }
    }

    private func ask(
        answering text: String,
        inPieces size: Int,
        limit: Int = 1 << 20
    ) throws -> HTTPAnswer {
        let (near, far) = try DescriptorLink.pair()
        defer { near.close() }
        WorkerThread.start("answer") {
            // A service answers what it has read: an end that closes over unread bytes resets the link.
            guard (try? readRequest(far)) != nil else { return }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                guard (try? far.write(Array(rest.prefix(size)))) != nil else { return }
                rest = rest.dropFirst(size)
            }
            far.close()
        }
        let deadline = DispatchTime.now() + .seconds(10)
        return try HTTPOverLink.send(.post, "/v1/x", over: near, by: deadline, limit: limit)
    }
}

/// Reads a request to the blank line that ends it.
private func readRequest(_ link: DescriptorLink) throws {
    let deadline = DispatchTime.now() + .seconds(10)
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256)
    while !request.ends(with: Array("\r\n\r\n".utf8)) {
        let count = try unsafe buffer.withUnsafeMutableBytes {
            try unsafe link.read(into: $0, until: deadline)
        }
        guard count > 0 else { throw LinkError(.closed, "no whole request") }
        request.append(contentsOf: buffer[..<count])
    }
}

extension Array where Element: Equatable {
    fileprivate func ends(with end: [Element]) -> Bool { suffix(end.count).elementsEqual(end) }
}
