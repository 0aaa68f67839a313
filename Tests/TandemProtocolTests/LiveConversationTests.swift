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
        for message in [LaptopMessage.watch, .drain, .grant(1), fetch()] {
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

    @Test func `bad input 107: a report out of order is refused`() throws {
        var observed = Samples.observed
        observed.items.reverse()
        var ends = try live()
        let error = #expect(throws: ProtocolError.self) { try ends.answer(.observed(observed)) }
        #expect(error?.code == .unsorted || error?.code == .duplicatePath)
    }
}
