import Dispatch
import TandemProtocol
import TandemSystem
import TandemTestSupport
import Testing

@testable import TandemSync

struct LaptopLinkTests {
    /// A receiver's end that greets, welcomes, and then fails.
    private func fail(_ failure: Failure, on link: any ByteLink) throws {
        var end = VMEnd(now: 0)
        try link.write(end.greeting)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        while !end.hasHello {
            let count = try link.read(into: buffer, until: .now() + .seconds(10))
            _ = try end.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]), now: 0)
        }
        try link.write(try end.encode(.failure(failure), now: 0))
    }

    @Test(.tags(.regression))
    func `what is sent after the receiver has failed is refused with the receiver's reason`()
        throws
    {
        let (near, far) = try DescriptorLink.pair()
        let inbox = BoundedQueue<LaptopLink.Incoming>(capacity: .max)
        let link = LaptopLink(near) { inbox.put($0) }
        defer { link.close(isOrderly: false) }
        let id = try PairID.checked([UInt8](repeating: 7, count: 16))
        try link.send(
            .hello(Hello(pair: id, purpose: .push, claim: nil, client: ClientText.own))
        )
        try fail(Failure(.noSpace, "60 bytes do not fit"), on: far)
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
