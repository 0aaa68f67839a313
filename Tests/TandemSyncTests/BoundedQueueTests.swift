import Dispatch
import TandemSystem
import Testing

struct BoundedQueueTests {
    private final class Kept: Sendable {}

    @Test func `what was taken is not kept alive by the queue`() {
        let queue = BoundedQueue<Kept>(capacity: 10)
        weak var first: Kept?
        do {
            let element = Kept()
            first = element
            queue.put(element)
        }
        queue.put(Kept())
        #expect(first != nil)
        _ = queue.take()
        #expect(first == nil)
    }

    @Test func `a queue is empty until something waits in it, and when all is taken`() {
        let queue = BoundedQueue<Int>(capacity: 10)
        #expect(queue.isEmpty)
        queue.put(1)
        queue.put(2)
        _ = queue.take()
        #expect(!queue.isEmpty)
        _ = queue.take()
        #expect(queue.isEmpty)
    }

    @Test func `elements come out in their order, and a closed queue drains`() {
        let queue = BoundedQueue<Int>(capacity: 4_000)
        for number in 0..<3_000 { queue.put(number) }
        queue.close()
        #expect(!queue.put(9))
        #expect((0..<3_000).allSatisfy { queue.take() == $0 })
        #expect(queue.take() == nil)
    }

    @Test func `a full queue makes the producer wait`() {
        let queue = BoundedQueue<Int>(capacity: 1)
        queue.put(1)
        let producer = WorkerThread.start("producer") { queue.put(2) }
        #expect(!producer.join(until: DispatchTime.now() + DispatchTimeInterval.milliseconds(50)))
        #expect(queue.take() == 1)
        #expect(producer.join(until: DispatchTime.now() + DispatchTimeInterval.seconds(10)))
        #expect(queue.take() == 2)
    }
}
