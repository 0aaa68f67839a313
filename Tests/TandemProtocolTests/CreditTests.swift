import TandemTree
import Testing

@testable import TandemProtocol

struct CreditTests {
    @Test
    func `bad input 99: Data beyond the credit is refused at both ends`() throws {
        let pack = try Samples.pack([(0, 0, "0123456789")])
        var ends = try TwoEnds(credit: UInt64(pack.cost) * 2)
        try ends.begin([file(100)])
        try ends.say(.data(pack))
        try ends.say(.data(pack))
        #expect(ends.laptop.credit == 0)
        let bytes = try LaptopMessage.data(pack).frame()
        #expect(code { _ = try ends.laptop.encode(.data(pack), now: 0) } == .creditExceeded)
        #expect(code { _ = try ends.vm.receive(bytes, now: 0) } == .creditExceeded)
    }

    @Test
    func `what was written is granted again, a quarter of the window at a time`() throws {
        let pack = try Samples.pack([(0, 0, "0123456789")])
        var ends = try TwoEnds(credit: UInt64(pack.cost) * 8)
        try ends.begin([file(100)])
        try ends.say(.data(pack))
        try ends.say(.data(pack))
        let left = ends.laptop.credit
        #expect(try ends.vm.topUp(pack.cost, now: 0) == nil)
        let grant = try #require(try ends.vm.topUp(pack.cost, now: 0))
        #expect(
            try ends.laptop.receive(grant, now: 0) == [.message(.credit(UInt64(pack.cost) * 2))]
        )
        #expect(ends.laptop.credit == left + UInt64(pack.cost) * 2)
    }

    @Test
    func `control messages need no credit`() throws {
        var ends = try TwoEnds(credit: 0)
        try ends.begin([file(1)])
        try ends.say(.compare)
        #expect(ends.laptop.credit == 0)
    }

    @Test
    func `credit that adds up beyond the limit is refused`() throws {
        var ends = try TwoEnds(credit: Limits.credit)
        let bytes = try VMMessage.credit(1).frame()
        #expect(code { _ = try ends.vm.encode(.credit(1), now: 0) } == .outOfRange)
        #expect(code { _ = try ends.laptop.receive(bytes, now: 0) } == .outOfRange)
        #expect(vmCode(.credit, [0xff, 0xff, 0xff, 0xff, 0x7f]) == .outOfRange)
    }

    @Test
    func `bad input 99: more content than the files of the batch have is refused`() throws {
        var ends = try TwoEnds()
        try ends.begin([file(10)])
        try ends.say(.data(try Samples.pack([(0, 0, "01234")])))
        let more = LaptopMessage.data(try Samples.pack([(0, 5, "567890")]))
        let bytes = try more.frame()
        #expect(code { _ = try ends.laptop.encode(more, now: 0) } == .contentExceeded)
        #expect(code { _ = try ends.vm.receive(bytes, now: 0) } == .contentExceeded)
    }

    @Test
    func `bad input 99: Data for a change that was not sent is refused`() throws {
        var ends = try TwoEnds()
        try ends.begin([file(10)])
        let other = try LaptopMessage.data(try Samples.pack([(1, 0, "x")])).frame()
        #expect(code { _ = try ends.vm.receive(other, now: 0) } == .outOfRange)
    }

    private func file(_ size: UInt64) -> Change {
        Change(path: Samples.path("a"), expected: nil, new: Samples.file(size))
    }
}
