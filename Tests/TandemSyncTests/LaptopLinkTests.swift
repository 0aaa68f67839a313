import Dispatch
import Synchronization
import TandemProtocol
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemSync

struct LaptopLinkTests {
    /// A receiver's end that greets and has heard Hello.
    private func greet(on link: any ByteLink) throws -> VMEnd {
        var end = VMEnd(now: 0)
        try link.write(end.greeting)
        while !end.hasHello { _ = try receive(&end, on: link) }
        return end
    }

    /// What the receiver's end makes of what comes next.
    private func receive(_ end: inout VMEnd, on link: any ByteLink) throws -> [VMEvent] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        let count = try link.read(into: buffer, until: .now() + .seconds(30))
        return try end.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: 0)
    }

    private func hello(_ purpose: Purpose = .push) throws -> LaptopMessage {
        let id = try PairID.checked([UInt8](repeating: 7, count: 16))
        return .hello(Hello(pair: id, purpose: purpose, claim: nil, client: ClientText.own))
    }

    @Test func `a link that is asked for a sign of life asks at once, and dies of silence`() throws
    {
        let (near, far) = try DescriptorLink.pair()
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        // Nothing is due by itself: only the test moves the clock.
        let time = MovedTime()
        let link = LaptopLink(near, time: time) { inbox.put($0) }
        defer { link.close(isOrderly: false) }
        try link.send(hello())
        var end = try greet(on: far)
        // With the answer here, nothing is on its way that would pass for a sign of life.
        try far.write(end.ping(now: 0))
        _ = try receive(&end, on: far)
        time.move(by: 1_000_000_000)
        link.probe()
        guard case .answer? = try receive(&end, on: far).first else {
            Issue.record("nobody was asked")
            return
        }
        // As long as an answer may take while something is on its way out.
        time.move(by: 7_000_000_000)
        guard case .ended(let error)? = inbox.take(until: .now() + .seconds(30)) else {
            Issue.record("the link did not end")
            return
        }
        #expect(error.code == .unreachable)
        #expect(error.message.contains("asked for a sign of life"))
    }

    @Test(arguments: [[], [1], [1, 2, 3]] as [[Int64?]])
    func `a receiver that answers with times nobody asked for is told from one that is gone`(
        times: [Int64?]
    ) throws {
        let (near, far) = try DescriptorLink.pair()
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        let link = LaptopLink(near) { inbox.put($0) }
        defer { link.close(isOrderly: false) }
        try link.send(hello(.sync))
        var end = try greet(on: far)
        try far.write(end.encode(.welcome(Self.welcome), now: 0))
        guard case .message(.welcome)? = inbox.take(until: .now() + .seconds(30)) else {
            Issue.record("the welcome did not arrive")
            return
        }
        try link.send(.watch)
        try link.send(.times(["a", "b"].map { RelativePath(trusted: Array($0.utf8)) }))
        try far.write(VMMessage.modified(times).frame())
        guard case .ended(let error)? = inbox.take(until: .now() + .seconds(30)) else {
            Issue.record("the link did not end")
            return
        }
        #expect(error.code == .protocolViolation)
        #expect(error.message.hasSuffix("times than asked for"), "\(error)")
    }

    private static let welcome = Welcome(
        version: Limits.version,
        session: 1,
        lineage: .none,
        rulesKnown: false,
        stagedBytes: 0,
        credit: 1 << 20,
        freeBytes: 1 << 30,
        receiver: "a test"
    )

    @Test(.tags(.regression))
    func `what is sent after the link broke is refused because it broke`() throws {
        let (near, far) = try DescriptorLink.pair()
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        let link = LaptopLink(near) { inbox.put($0) }
        defer { link.close(isOrderly: false) }
        try link.send(hello())
        _ = try greet(on: far)
        far.close()
        guard case .ended? = inbox.take(until: .now() + .seconds(30)) else {
            Issue.record("the link did not end")
            return
        }
        let error = #expect(throws: SyncError.self) { try link.send(.compare) }
        #expect(error?.code == .unreachable, "\(String(describing: error))")
    }

    @Test(.tags(.regression))
    func `what is sent after the receiver has failed is refused with the receiver's reason`()
        throws
    {
        let (near, far) = try DescriptorLink.pair()
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        let link = LaptopLink(near) { inbox.put($0) }
        defer { link.close(isOrderly: false) }
        try link.send(hello())
        var end = try greet(on: far)
        try far.write(end.encode(.failure(Failure(.noSpace, "60 bytes do not fit")), now: 0))
        let deadline = DispatchTime.now() + .seconds(10)
        guard case .message(.failure)? = inbox.take(until: deadline) else {
            Issue.record("the failure did not arrive")
            return
        }
        let error = #expect(throws: SyncError.self) { try link.send(.compare) }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("60 bytes do not fit") == true)
    }
}

/// A clock that stands still until a test moves it.
private final class MovedTime: TimeSource {
    private let now = Mutex<UInt64>(0)

    var monotonic: UInt64 { now.withLock { $0 } }
    var wall: Int64 { 0 }

    func move(by nanoseconds: UInt64) { now.withLock { $0 += nanoseconds } }
}
