import Dispatch
import Foundation
import TandemControl
import TandemDaemon
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemAgent

struct ControlServerTests {
    private let agent: AgentHarness

    init() throws { agent = try AgentHarness() }

    /// Sends raw bytes and reads until the agent ends the conversation.
    private func answers(to bytes: [UInt8]) throws -> [UInt8] {
        let descriptor = try UnixSocket.connect(to: agent.places.controlSocket)
        let link = DescriptorLink(input: descriptor, output: descriptor)
        defer { link.close() }
        try? link.write(bytes)
        var all: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        let deadline = DispatchTime.now() + .seconds(10)
        while let count = try? link.read(into: buffer, until: deadline), count > 0 {
            all += buffer[..<count]
        }
        return all
    }

    private func frame(_ text: String) -> [UInt8] { ControlFrame.bytes(of: Array(text.utf8)) }

    private func greeting() throws -> [UInt8] {
        ControlFrame.bytes(of: try ControlCoding.encode(Greeting(program: "x", process: 1)))
    }

    @Test func `garbage is refused, and the agent goes on`() throws {
        let hello = try greeting()
        let inputs: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [0xFF, 0xFF, 0xFF, 0xFF], frame("null"),
            frame("{}"), hello + frame("[1]"), hello + frame(#"{"flush":{"pair":1}}"#),
            hello + frame(#"{"launch":{}}"#), hello + [0x7F, 0, 0, 0],
            hello + frame(String(repeating: "[", count: 100_000)),
        ]
        for input in inputs {
            let answer = String(decoding: try answers(to: input), as: UTF8.self)
            #expect(answer.contains("refused"), "\(input.prefix(40)): \(answer)")
        }
        #expect(try agent.client().statuses().count == 2)
    }

    @Test(.tags(.property), arguments: [21, 22])
    func `random bytes never stop it`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let hello = try greeting()
        for _ in 0..<50 {
            var bytes = generator.chance(2) ? hello : []
            bytes += (0..<generator.below(200)).map { _ in UInt8(generator.below(256)) }
            // Ends the direction, so that half a frame is an end and no wait.
            let descriptor = try UnixSocket.connect(to: agent.places.controlSocket)
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
        #expect(try agent.client().statuses().count == 2, "seed \(seed)")
    }

    @Test func `a command of another version learns the agent's and is not answered`() throws {
        let other = Greeting(program: "tandem 9", process: 1, version: Greeting.version + 1)
        let bytes =
            ControlFrame.bytes(of: try ControlCoding.encode(other)) + frame(#"{"status":{}}"#)
        var reader = FrameReader(limit: ControlFrame.longestAnswer)
        reader.feed(try answers(to: bytes))
        let first = try #require(try reader.next())
        let greeting = try ControlCoding.decode(Greeting.self, from: first)
        #expect(greeting.version == Greeting.version)
        #expect(try reader.next() == nil)
    }

    @Test func `a hundred clients are answered at once`() throws {
        let clients = try (0..<100).map { _ in try agent.client() }
        let answered = Monitor(0)
        for client in clients {
            WorkerThread.start("test-client") {
                for _ in 0..<5 {
                    if (try? client.statuses().count) == 2 { answered.change { $0 += 1 } }
                }
            }
        }
        let all = answered.wait(until: .now() + .seconds(30)) { $0 == 500 ? true : nil }
        #expect(all == true, "\(answered.look { $0 }) of 500")
    }

    @Test func `clients over the bound are sent away, and their places are free again`() throws {
        var clients = try (0..<ControlServer.maximumConversations).map { _ in try agent.client() }
        #expect(throws: ControlError.self) { try agent.client() }
        for client in clients { client.close() }
        clients = []
        let deadline = Date().addingTimeInterval(10)
        var again: ControlClient?
        while again == nil, Date() < deadline { again = try? agent.client() }
        #expect(try again?.statuses().count == 2)
    }

    @Test func `events are pushed to who listens, until the agent ends`() throws {
        let client = try agent.client()
        let listener = try agent.client()
        _ = try listener.ask(.events(pairs: [agent.pairs[0].id]))
        _ = try client.ask(.up(pairs: ["shop", "notes"]))
        let live = try agent.live("shop")
        live.tell(.linkUp(receiver: "receiver 1"))
        var kinds: [AgentEvent.Kind] = []
        while !kinds.contains(.linkUp),
            let event = try listener.nextEvent(until: .now() + .seconds(10))
        {
            kinds.append(event.kind)
            #expect(event.name == "shop")
        }
        #expect(kinds.contains(.linkUp))
        agent.stop()
        while try listener.nextEvent(until: .now() + .seconds(10)) != nil {}
    }

    @Test func `only this user and root are admitted`() {
        #expect(ControlServer.admits(geteuid()))
        #expect(ControlServer.admits(0))
        #expect(!ControlServer.admits(geteuid() + 1))
        #expect(!ControlServer.admits(nil))
    }

    @Test func `a client that stands where the agent was is told that none runs`() throws {
        agent.stop()
        let error = #expect(throws: ControlError.self) { try agent.client() }
        #expect(error?.code == .noAgent)
    }
}
