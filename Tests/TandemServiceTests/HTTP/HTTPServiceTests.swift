import Dispatch
import Foundation
import TandemHTTP
import TandemSystem
import Testing

struct HTTPServiceTests {
    private static let loopback = HTTPAddress.tcp(host: "127.0.0.1", port: 0)
    private static let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Runs `body` with a service that answers `/healthz`, and stops it.
    private func withService(
        _ limits: HTTPLimits = HTTPLimits(),
        at address: HTTPAddress = loopback,
        _ body: (HTTPService) throws -> Void
    ) throws {
        let service = try HTTPService.start(at: address, limits: limits) { path in
            switch path {
            case "/healthz": .text("ok\n")
            case "/large": .text(String(repeating: "x", count: 1 << 20))
            default: .notFound
            }
        }
        defer { service.stop(by: .now()) }
        try body(service)
    }

    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    @Test func `a client is answered over TCP, by path alone`() throws {
        try withService { service in
            let answer = try HTTPClientOnce.get(
                "/healthz?verbose",
                from: service.address,
                by: .now() + 10
            )
            #expect(answer == .text("ok\n"))
            let missing = try HTTPClientOnce.get("/x", from: service.address, by: .distantFuture)
            #expect(missing == .notFound)
        }
    }

    @Test func `a client is answered over a socket that only its owner can use`() throws {
        let scratch = try ScratchDirectory()
        let path = "\(scratch.path)/http.sock"
        try withService(at: .unix(path: path)) { service in
            let answer = try HTTPClientOnce.get("/healthz", from: service.address, by: .now() + 10)
            #expect(answer.body == Array("ok\n".utf8))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            #expect(throws: SystemError("listen on", path, errno: EADDRINUSE)) {
                try HTTPService.start(at: .unix(path: path)) { _ in .notFound }
            }
        }
        try withService(at: .unix(path: path)) { service in
            _ = try HTTPClientOnce.get("/healthz", from: service.address, by: .now() + 10)
        }
    }

    @Test func `one connection serves request after request, and pipelined ones in order`() throws {
        try withService { service in
            let client = try RawClient(service.address)
            for _ in 0..<3 {
                try client.send(Self.get)
                #expect(try client.receive(until: "ok\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            try client.send(Self.get + "GET /x HTTP/1.1\r\n\r\n" + Self.get)
            try client.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            let statuses = try client.receiveAll().split(separator: "\r\n")
                .filter { $0.contains("HTTP/1.1 ") }.map { $0.suffix(6) }
            #expect(statuses == ["200 OK", " Found", "200 OK", "200 OK"])
            #expect(service.openConnections <= 1)
        }
    }

    @Test func `HEAD has no body, other methods are refused`() throws {
        try withService { service in
            let client = try RawClient(service.address)
            try client.send("HEAD /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
            let head = try client.receiveAll()
            #expect(head.contains("Content-Length: 3\r\n") && head.hasSuffix("\r\n\r\n"))
            let poster = try RawClient(service.address)
            try poster.send("POST /healthz HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
            let refusal = try poster.receiveAll()
            #expect(refusal.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
            #expect(refusal.contains("Allow: GET, HEAD\r\n"))
        }
    }

    @Test(arguments: ["GET /\(String(repeating: "a", count: 20_000))", "GET / HTTP/1.1\r\nA: "])
    func `a request over the limit is told so and ended`(start: String) throws {
        try withService { service in
            let client = try RawClient(service.address)
            try client.send(start + String(repeating: "b", count: 20_000))
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test(arguments: [
        "\u{16}\u{3}\u{1}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nA\r\n\r\n",
    ])
    func `what is not HTTP ends the connection and nothing else`(text: String) throws {
        try withService { service in
            let client = try RawClient(service.address)
            try client.send(text)
            #expect(!(try client.receiveAll().contains(" 200 ")))
            let other = try HTTPClientOnce.get("/healthz", from: service.address, by: .now() + 10)
            #expect(other.status == 200)
        }
    }

    @Test func `a client that dribbles gains no time by it`() throws {
        try withService(limits { $0.requestTime = 200_000_000 }) { service in
            let client = try RawClient(service.address)
            try client.send("GET /healthz HTTP/1.1\r\nA: ")
            let start = DispatchTime.now()
            var isOpen = true
            while isOpen && DispatchTime.now() < start + 20 {
                do {
                    try client.send("a")
                    isOpen = try !client.receive(within: 0.01).isEmpty
                } catch let error as LinkError where error.code == .timedOut {
                } catch {
                    isOpen = false
                }
            }
            #expect(!isOpen)
        }
    }

    @Test func `a silent client and an idle one are let go`() throws {
        let short = limits {
            $0.requestTime = 50_000_000
            $0.idleTime = 50_000_000
        }
        try withService(short) { service in
            #expect(try RawClient(service.address).receiveAll() == "")
            let client = try RawClient(service.address)
            try client.send(Self.get)
            #expect(try client.receiveAll().hasSuffix("ok\n"))
        }
    }

    @Test func `answers nobody takes do not pile up`() throws {
        try withService(limits { $0.requestTime = 300_000_000 }) { service in
            let client = try RawClient(service.address)
            try client.send(Self.get)
            _ = try client.receive(until: "ok\n")
            try client.send(String(repeating: "GET /large HTTP/1.1\r\n\r\n", count: 500))
            let start = DispatchTime.now()
            while service.openConnections > 0 && DispatchTime.now() < start + 20 {
                _ = try HTTPClientOnce.get("/healthz", from: service.address, by: .now() + 10)
            }
            #expect(DispatchTime.now() < start + 20)
            let taken = try? client.receiveAll().utf8.count
            #expect((taken ?? 0) < 50 << 20)
        }
    }

    @Test func `one connection over the limit is told 503, and room comes back`() throws {
        try withService { service in
            let clients = try (0..<64).map { _ in try RawClient(service.address) }
            for client in clients { try client.send(Self.get) }
            for client in clients { #expect(try client.receive(until: "ok\n").hasSuffix("ok\n")) }
            #expect(service.openConnections == 64)
            #expect(try RawClient(service.address).receiveAll().hasPrefix("HTTP/1.1 503 "))
            for client in clients { client.close() }
            var status = 503
            for _ in 0..<1000 where status == 503 {
                status = try HTTPClientOnce.get("/healthz", from: service.address, by: .now() + 10)
                    .status
            }
            #expect(status == 200)
        }
    }

    @Test func `a stop lets a request in the making end, and closes idle connections`() throws {
        try withService { service in
            let idle = try RawClient(service.address)
            try idle.send(Self.get)
            _ = try idle.receive(until: "ok\n")
            let busy = try RawClient(service.address)
            try busy.send(Self.get)
            _ = try busy.receive(until: "ok\n")
            try busy.send("GET /healthz HT")
            // The idle one's answer below shows that the service's thread took the bytes above.
            try idle.send(Self.get)
            _ = try idle.receive(until: "ok\n")
            let stopper = WorkerThread.start("stop") { service.stop(by: .now() + 20) }
            #expect(try idle.receiveAll() == "")
            try busy.send("TP/1.1\r\n\r\n")
            let last = try busy.receiveAll()
            #expect(last.contains("Connection: close\r\n") && last.hasSuffix("ok\n"))
            #expect(stopper.join(until: .now() + 15))
        }
    }

    @Test func `a stop waits no longer than its deadline`() throws {
        try withService { service in
            let stuck = try RawClient(service.address)
            try stuck.send("GET /healthz HT")
            service.stop(by: .now() + 0.05)
            // What it may still get is a refusal, never the answer.
            #expect(!((try? stuck.receiveAll()) ?? "").contains("ok\n"))
            #expect(throws: (any Error).self) { try RawClient(service.address) }
        }
    }
}
