import TandemTree
import Testing

@testable import TandemProtocol

struct LiveConversationTests {
    private static let item = Fetch.Item(path: Samples.path("a"), state: Samples.file(5))

    private func fetch(_ first: UInt32 = 0, last: Bool = true) -> LaptopMessage {
        .fetch(Fetch(firstID: first, items: [Self.item], last: last))
    }

    private func live() throws -> TwoEnds {
        var ends = try TwoEnds(.sync)
        try ends.say(.watch)
        try ends.say(.grant(1_024))
        return ends
    }

    @Test func `an order is filled and closed, and the next may begin`() throws {
        var ends = try live()
        try ends.say(fetch(last: false))
        try ends.say(fetch(1))
        try ends.answer(.content(try Samples.pack([(0, 0, "hello"), (1, 0, "again")])))
        try ends.answer(.fetched(items: 2))
        try ends.say(fetch())
    }

    @Test func `the vm reports at any time once it watches, also inside a batch`() throws {
        var ends = try live()
        try ends.answer(.observed(Samples.observed))
        try ends.begin([Change(path: Samples.path("a"), expected: nil, new: .directory)])
        try ends.answer(.observed(Samples.observed))
    }

    @Test func `a report, a drain or a notice before Watch is refused`() throws {
        var ends = try TwoEnds(.sync)
        #expect(code { try ends.say(.drain) } == .wrongOrder)
        var other = try TwoEnds(.sync)
        #expect(code { try other.answer(.observed(Samples.observed)) } == .wrongOrder)
        var third = try TwoEnds(.sync)
        let notice = WatchNotice(.complete, text: "")
        #expect(code { try third.answer(.notice(notice)) } == .wrongOrder)
    }

    @Test(arguments: Purpose.allCases.filter { $0 != .sync })
    func `no other purpose watches or fetches`(purpose: Purpose) throws {
        let times = LaptopMessage.times([Samples.path("a")])
        for message in [LaptopMessage.watch, .drain, .grant(1), fetch(), times] {
            var ends = try TwoEnds(purpose)
            #expect(code { try ends.say(message) } == .wrongOrder)
        }
    }

    @Test func `content beyond what was ordered or granted ends the session`() throws {
        var ends = try live()
        #expect(
            code { try ends.answer(.content(try Samples.pack([(0, 0, "x")]))) } == .wrongOrder
        )
        var unordered = try live()
        try unordered.say(fetch())
        #expect(
            code { try unordered.answer(.content(try Samples.pack([(1, 0, "x")]))) } == .outOfRange
        )
        var longer = try live()
        try longer.say(fetch())
        #expect(
            code { try longer.answer(.content(try Samples.pack([(0, 0, "longer")]))) }
                == .contentExceeded
        )
        var poor = try TwoEnds(.sync)
        try poor.say(fetch())
        #expect(
            code { try poor.answer(.content(try Samples.pack([(0, 0, "x")]))) } == .creditExceeded
        )
    }

    @Test func `an order is closed once it is complete, with its own number of items`() throws {
        var ends = try live()
        try ends.say(fetch(last: false))
        #expect(code { try ends.answer(.fetched(items: 1)) } == .wrongOrder)
        var other = try live()
        try other.say(fetch())
        #expect(code { try other.answer(.fetched(items: 2)) } == .badValue)
        var third = try live()
        try third.say(fetch())
        #expect(code { try third.say(fetch(1)) } == .wrongOrder)
    }

    @Test func `times are answered in the order of asking, as many as were asked for`() throws {
        var ends = try live()
        let paths = ["a", "b", "c"].map(Samples.path)
        try ends.say(.times(paths))
        try ends.say(.drain)
        try ends.say(.times([paths[0]]))
        #expect(
            try ends.answer(.modified([.max, nil, .min])) == [
                .message(.modified([.max, nil, .min]))
            ]
        )
        try ends.answer(.drained)
        try ends.answer(.modified([0]))
    }

    @Test(arguments: [[], [1], [1, 2, 3]] as [[Int64?]])
    func `more or fewer times than were asked for end the session`(times: [Int64?]) throws {
        let paths = ["a", "b"].map(Samples.path)
        var ends = try live()
        try ends.say(.times(paths))
        #expect(code { try ends.answer(.modified(times)) } == .badValue)
        var laptop = try live()
        try laptop.say(.times(paths))
        let frame = try VMMessage.modified(times).frame()
        #expect(code { _ = try laptop.laptop.receive(frame, now: 0) } == .badValue)
        #expect(laptop.laptop.isClosed)
    }

    @Test func `times that nobody asked for, or out of turn, end the session`() throws {
        let frame = try VMMessage.modified([1]).frame()
        var unasked = try live()
        #expect(code { _ = try unasked.laptop.receive(frame, now: 0) } == .wrongOrder)
        #expect(unasked.laptop.isClosed)
        var early = try live()
        try early.say(.drain)
        try early.say(.times([Samples.path("a")]))
        #expect(code { _ = try early.laptop.receive(frame, now: 0) } == .wrongOrder)
        var twice = try live()
        try twice.say(.times([Samples.path("a")]))
        try twice.answer(.modified([1]))
        #expect(code { _ = try twice.laptop.receive(frame, now: 0) } == .wrongOrder)
    }

    @Test func `times are asked for after Watch, of paths in order and never of the root`() throws {
        var ends = try TwoEnds(.sync)
        #expect(code { try ends.say(.times([Samples.path("a")])) } == .wrongOrder)
        #expect(laptopCode(.times, [1, 0, 0]) == .badPath)
        #expect(laptopCode(.times, [2, 0, 1, 0x62, 0, 1, 0x61]) == .unsorted)
        #expect(laptopCode(.times, [2, 0, 1, 0x62]) == .truncated)
        #expect(vmCode(.modified, [1, 2]) == .badValue)
        #expect(vmCode(.modified, [1, 1, 0, 0, 0]) == .truncated)
        #expect(vmCode(.modified, [1, 0, 0]) == .trailingBytes)
    }

    @Test func `a question for many times is cut into messages that fit a frame`() throws {
        let long = String(repeating: "x", count: 200)
        let paths = (10_000..<60_000).map { Samples.path("\(long)/\($0)") }
        let messages = LaptopMessage.times(of: paths)
        var asked: [RelativePath] = []
        for message in messages {
            let frame = try message.frame()
            guard case .times(let some) = try LaptopMessage(try frames(frame)[0]) else { continue }
            #expect(some.count <= Limits.itemsInFrame)
            asked += some
        }
        #expect(asked == paths && messages.count > 1)
        #expect(LaptopMessage.times(of: []) == [])
    }

    @Test func `bad input 107: a report out of order is refused`() throws {
        var observed = Samples.observed
        observed.items.reverse()
        var ends = try live()
        let error = #expect(throws: ProtocolError.self) { try ends.answer(.observed(observed)) }
        #expect(error?.code == .unsorted || error?.code == .duplicatePath)
    }
}
