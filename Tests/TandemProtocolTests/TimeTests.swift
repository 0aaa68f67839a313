import TandemTestSupport
import Testing

@testable import TandemProtocol

/// Heartbeat and the bounds before Hello, with a clock that the test moves.
struct TimeTests {
    private static let second: UInt64 = 1_000_000_000

    @Test
    func `an end pings after 5 s of silence and is dead after 15 s`() throws {
        var laptop = try TwoEnds().laptop
        #expect(laptop.nextTick == 5 * Self.second)
        #expect(laptop.tick(now: 5 * Self.second - 1) == [])
        let ping = try LaptopMessage.ping(1).frame()
        #expect(laptop.tick(now: 5 * Self.second) == [.send(ping)])
        #expect(laptop.tick(now: 6 * Self.second) == [])
        #expect(laptop.tick(now: 10 * Self.second) == [.send(try LaptopMessage.ping(2).frame())])
        #expect(laptop.nextTick == 15 * Self.second)
        #expect(laptop.tick(now: 15 * Self.second) == [.dead(.silence)])
        #expect(laptop.isClosed)
        #expect(laptop.tick(now: 16 * Self.second) == [])
    }

    @Test
    func `who is asked for a sign of life gives one soon or is dead`() throws {
        var laptop = try TwoEnds().laptop
        let patience = 2 * Self.second
        let ping = try LaptopMessage.ping(1).frame()
        #expect(try laptop.probe(now: Self.second, patience: patience) == ping)
        #expect(try laptop.probe(now: 2 * Self.second, patience: patience) == nil, "one is out")
        #expect(laptop.nextTick == 3 * Self.second)
        #expect(laptop.tick(now: 3 * Self.second - 1) == [])
        var heard = laptop
        _ = try heard.receive(try VMMessage.ping(9).frame(), now: 3 * Self.second - 1)
        #expect(heard.tick(now: 4 * Self.second) == [])
        #expect(laptop.tick(now: 3 * Self.second) == [.dead(.unansweredProbe)])
        #expect(laptop.isClosed)
    }

    @Test(.tags(.regression))
    func `a link that has just begun is asked for a sign of life like any other`() throws {
        var laptop = try TwoEnds().laptop
        let ping = try LaptopMessage.ping(1).frame()
        #expect(try laptop.probe(now: 0, patience: Self.second) == ping)
        #expect(laptop.nextTick == Self.second)
        #expect(laptop.tick(now: Self.second) == [.dead(.unansweredProbe)])
    }

    @Test
    func `many questions for a sign of life make few pings`() throws {
        var ends = try TwoEnds()
        var pings = 0
        for millisecond in 0..<1_000 as Range<UInt64> {
            let now = Self.second + millisecond * 1_000_000
            guard let ping = try ends.laptop.probe(now: now, patience: Self.second) else {
                continue
            }
            pings += 1
            for case .answer(let pong) in try ends.vm.receive(ping, now: now) {
                _ = try ends.laptop.receive(pong, now: now)
            }
        }
        #expect(pings == 20)
        #expect(!ends.vm.isClosed)
    }

    @Test
    func `before Hello nobody is asked for a sign of life, and nobody dies of it`() throws {
        var laptop = LaptopEnd(now: 0)
        let asked = code { _ = try laptop.probe(now: Self.second, patience: Self.second) }
        #expect(asked == .wrongOrder)
        #expect(laptop.tick(now: 3 * Self.second) == [])
    }

    @Test
    func `a single byte is a sign of life`() throws {
        var vm = try TwoEnds().vm
        _ = try vm.receive([2], now: 14 * Self.second)
        #expect(vm.tick(now: 15 * Self.second) == [.send(try VMMessage.ping(1).frame())])
        #expect(vm.tick(now: 19 * Self.second) == [])
        #expect(vm.tick(now: 29 * Self.second) == [.dead(.silence)])
    }

    @Test
    func `an end that hears much still pings, because a slow peer's own pings wait`() throws {
        var vm = try TwoEnds().vm
        for second in 1...12 {
            _ = vm.tick(now: UInt64(second) * Self.second)
            _ = try vm.receive(
                try LaptopMessage.ping(UInt64(second)).frame(),
                now: UInt64(second) * Self.second
            )
        }
        #expect(vm.tick(now: 15 * Self.second) == [.send(try VMMessage.ping(3).frame())])
    }

    @Test
    func `a ping is answered, and the answer tells the round trip`() throws {
        var ends = try TwoEnds()
        let ping = try ends.laptop.ping(now: 10)
        let answers = try ends.vm.receive(ping, now: 20)
        guard case .answer(let pong) = answers.first else {
            Issue.record("no answer in \(answers)")
            return
        }
        #expect(try ends.laptop.receive(pong, now: 35) == [.roundTrip(25)])
        #expect(try ends.laptop.receive(pong, now: 40) == [])
    }

    @Test
    func `a clock that goes back neither kills nor traps`() throws {
        var vm = try TwoEnds().vm
        _ = try vm.receive([2], now: 100 * Self.second)
        #expect(vm.tick(now: 1) == [])
    }

    @Test
    func `bad input 104: a byte a minute is too slow, before Hello and after`() throws {
        let hello = try LaptopMessage.hello(Samples.hello).frame()
        var vm = VMEnd(now: 0)
        _ = try vm.receive([hello[0]], now: 4 * Self.second)
        #expect(vm.nextTick == 5 * Self.second)
        #expect(vm.tick(now: 5 * Self.second - 1) == [])
        #expect(vm.tick(now: 5 * Self.second) == [.dead(.helloDeadline)])
        #expect(try vm.receive(hello, now: 5 * Self.second) == [])
        var open = try TwoEnds().vm
        _ = try open.receive([2], now: 1)
        #expect(open.tick(now: 60 * Self.second) == [.dead(.silence)])
    }

    @Test
    func `bad input 105: a thousand pings a second end the session`() throws {
        var ends = try TwoEnds()
        let ping = try LaptopMessage.ping(7).frame()
        for second in 1...3 as ClosedRange<UInt64> {
            for _ in 0..<Limits.pingsPerSecond {
                #expect(try ends.vm.receive(ping, now: second * Self.second).count == 1)
            }
        }
        #expect(code { _ = try ends.vm.receive(ping, now: 3 * Self.second) } == .tooManyPings)
    }

    @Test
    func `before Hello the vm takes 64 KiB and answers nothing`() throws {
        var vm = VMEnd(now: 0)
        let announced: [UInt8] = [0xff, 0xff, 0x0f, 0x00, FrameType.hello.rawValue]
        _ = try vm.receive(announced, now: 0)
        let rest = [UInt8](repeating: 0, count: Limits.beforeHello - announced.count - 1)
        #expect(try vm.receive(rest, now: 0) == [])
        #expect(vm.tick(now: Self.second) == [])
        #expect(code { _ = try vm.receive([0], now: 0) } == .helloTooLong)
    }

    @Test
    func `a batch behind Hello in the same read does not count as Hello`() throws {
        var vm = VMEnd(now: 0)
        let bytes = try LaptopMessage.hello(Samples.hello).frame()
        let next = try frame(.rules, Array(repeating: 0, count: 100_000))
        _ = try vm.receive(bytes + next[..<90_000], now: 0)
        #expect(vm.hasHello && !vm.isClosed)
    }
}
