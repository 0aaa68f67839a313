import Dispatch
import TandemHTTP
import TandemSystem
import Testing

struct HTTPClientOnceTests {
    private func failure(
        _ address: HTTPAddress,
        seconds: Double = 10,
        limit: Int = 1000
    ) -> HTTPFailure.Code? {
        do throws(HTTPFailure) {
            _ = try HTTPClientOnce.get("/", from: address, by: .now() + seconds, limit: limit)
            return nil
        } catch {
            return error.code
        }
    }

    /// A socket whose server answers each connection with `text` and leaves it open.
    private func withPeer(answering text: String?, _ body: (HTTPAddress) -> Void) throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/s"
        let listener = OwnedDescriptor(try UnixSocket.listen(at: path))
        let raw = listener.raw
        let peer = WorkerThread.start("peer") {
            guard let accepted = try? UnixSocket.accept(on: raw, milliseconds: 20_000) else {
                return
            }
            let link = DescriptorLink(input: accepted, output: accepted)
            if let text { try? link.write(Array(text.utf8)) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            while let count = try? buffer.withUnsafeMutableBytes({
                try link.read(into: $0, until: .now() + 20)
            }), count > 0, text != "" {}
            link.close()
        }
        body(.unix(path: path))
        peer.join()
        _ = consume listener
    }

    @Test func `nobody listening is unreachable`() throws {
        let scratch = try ScratchDirectory()
        #expect(failure(.unix(path: "\(scratch.path)/none")) == .unreachable)
        #expect(failure(.tcp(host: "127.0.0.1", port: 1)) == .unreachable)
        #expect(failure(.unix(path: "/tmp/" + String(repeating: "x", count: 300))) == .unreachable)
    }

    @Test func `a service that never answers, or never ends, is given up in time`() throws {
        try withPeer(answering: nil) { #expect(failure($0, seconds: 0.1) == .timedOut) }
        let endless = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
        try withPeer(answering: endless) { #expect(failure($0, seconds: 0.1) == .timedOut) }
        #expect(failure(.unix(path: "/x"), seconds: -1) == .timedOut)
    }

    @Test func `an answer over the limit is not taken`() throws {
        let body = String(repeating: "x", count: 5000)
        try withPeer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n\(body)") {
            #expect(failure($0) == .tooLarge)
        }
    }

    @Test func `an answer that is not HTTP, or cut off, is broken`() throws {
        try withPeer(answering: "220 mail.example ESMTP\r\n\r\n") {
            #expect(failure($0) == .broken)
        }
        try withPeer(answering: "") { #expect(failure($0) == .broken) }
    }
}
