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
