import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct RacyLooksTests {
    private static let window: UInt64 = 10_000_000
    private static let unsettled = EntryState.content("just written")

    private static func looks(at names: Range<Int>, of entries: Int = 0) -> RacyLooks {
        var looks = RacyLooks(RacyWindow(nanoseconds: Int64(window)))
        looks.expect(entries: entries)
        for name in names { looks.note(path(name), unsettled, .zero, now: UInt64(name)) }
        return looks
    }

    private static func path(_ number: Int) -> RelativePath {
        RelativePath(trusted: Array("f\(number)".utf8))
    }

    @Test func `the next look is due when the first entry is`() throws {
        var looks = Self.looks(at: 0..<3)
        let first = try #require(looks.next)
        #expect(looks.due(first) == [Self.path(0)])
        looks.note(Self.path(0), Self.unsettled, Self.settledStamp, now: first)
        looks.recount(first)
        #expect(looks.next == first + 1)
    }

    @Test func `nothing is looked at again once everything is settled`() throws {
        var looks = Self.looks(at: 0..<3)
        let late = try #require(looks.next) + 10
        for number in 0..<3 {
            looks.note(Self.path(number), Self.unsettled, Self.settledStamp, now: late)
        }
        #expect(looks.next == nil)
        looks.note(Self.path(9), Self.unsettled, .zero, now: late)
        looks.recount(late)
        #expect(try #require(looks.next) > late)
    }

    @Test func `many unsettled entries are looked at one by one where a full look costs more`() {
        let small = Self.looks(at: 0..<5_000, of: 6_000)
        #expect(small.whole != nil)
        let large = Self.looks(at: 0..<5_000, of: 500_000)
        #expect(large.whole == nil)
        #expect(large.due(.max).count == 5_000)
    }

    private static let settledStamp = Stamp(inode: 1, modified: 1, changed: 1)
}
