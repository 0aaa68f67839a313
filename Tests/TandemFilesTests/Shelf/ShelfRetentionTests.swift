import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct ShelfRetentionTests {
    private static let now: Int64 = 1_000 * ShelfRetention.day

    private func item(
        _ id: UInt64,
        age: Int64,
        _ shelfClass: ShelfClass = .superseded,
        path: RelativePath = "a",
        bytes: UInt64 = 1
    ) -> ShelfItem {
        ShelfItem(
            id: id,
            path: path,
            state: .content("\(id)"),
            time: Self.now - age,
            shelfClass: shelfClass,
            generation: 1,
            object: Array("\(id)".utf8),
            isPacked: false,
            bytes: bytes
        )
    }

    @Test func `ten versions of a path stay whatever their age`() {
        let items = (1...10).map { item(UInt64($0), age: Int64($0) * 100 * ShelfRetention.day) }
        #expect(ShelfRetention().expired(items, now: Self.now, diskBytes: .max) == [])
    }

    @Test func `beyond ten, one an hour stays for a day and one a day for thirty`() {
        let recent = (1...10).map { item(UInt64($0), age: Int64($0)) }
        let minute = ShelfRetention.hour / 60
        let older = [
            item(11, age: ShelfRetention.hour + minute),
            item(12, age: ShelfRetention.hour + 2 * minute),
            item(13, age: 5 * ShelfRetention.day + minute),
            item(14, age: 5 * ShelfRetention.day + 2 * minute),
            item(15, age: 31 * ShelfRetention.day),
        ]
        let gone = ShelfRetention().expired(recent + older, now: Self.now, diskBytes: .max)
        #expect(gone == [12, 14, 15])
    }

    @Test func `live versions are never given up`() {
        let items = (1...50).map {
            item(UInt64($0), age: Int64($0) * ShelfRetention.day, .live, bytes: 1 << 40)
        }
        #expect(ShelfRetention().expired(items, now: Self.now, diskBytes: 1_000) == [])
    }

    @Test func `above its share of the disk the oldest superseded go first`() {
        let items = [
            item(1, age: 30, bytes: 60), item(2, age: 20, .live, path: "b", bytes: 60),
            item(3, age: 10, path: "c", bytes: 60),
        ]
        #expect(ShelfRetention().expired(items, now: Self.now, diskBytes: 1_300) == [1])
        #expect(ShelfRetention().expired(items, now: Self.now, diskBytes: 100) == [1, 3])
        #expect(ShelfRetention().expired(items, now: Self.now, diskBytes: 2_000) == [])
    }
}
