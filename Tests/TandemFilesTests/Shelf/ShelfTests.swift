import Foundation
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

@testable import TandemFiles

struct ShelfTests {
    @Test func `a file comes back with its bytes and its execute bit and stays on the shelf`()
        throws
    {
        let fixture = try ApplyFixture(["a": .program("text")])
        try fixture.apply([
            Change(path: "a", expected: .content("text", executable: true), new: nil)
        ])
        let shelf = try fixture.shelf()
        let item = try #require(shelf.list().first)
        try shelf.restore(item.id, to: "b")
        #expect(try fixture.standing() == Tree(["b": .program("text")]).listing)
        #expect(try fixture.shelf().list() == [item])
        #expect(try fixture.staged() == [])
    }

    @Test(arguments: [false, true])
    func `a directory comes back whole, packed or not`(packed: Bool) throws {
        let tree: TestNode = ["x": "1", "y": ["z": .program("2"), "e": [:]], "l": .link("../q")]
        let fixture = try ApplyFixture(["d": tree])
        try fixture.apply([fixture.removeDirectory("d", tree)])
        let shelf = try fixture.shelf()
        #expect(try shelf.packIdle(olderThan: 0) == 1)
        if !packed { #expect(try shelf.packIdle(olderThan: 0) == 0) }
        let item = try #require(shelf.list().first)
        #expect(item.isPacked)
        #expect(item.bytes > 0)
        try shelf.restore(item.id, to: "back")
        #expect(try fixture.standing() == Tree(["back": tree]).listing)
        #expect(try fixture.staged() == [])
    }

    @Test func `packing ends as soon as somebody waits, and goes on another time`() throws {
        let fixture = try ApplyFixture(["d": ["x": "1"], "e": ["x": "2"]])
        try fixture.apply([fixture.removeDirectory("d", ["x": "1"])])
        try fixture.apply([fixture.removeDirectory("e", ["x": "2"])])
        let shelf = try fixture.shelf()
        var looks = 0
        let packed = try shelf.packIdle(olderThan: 0) {
            looks += 1
            return looks == 1
        }
        #expect(packed == 1)
        #expect(try shelf.packIdle(olderThan: 0) == 1)
    }

    @Test func `a directory that lies unpacked comes back too`() throws {
        let fixture = try ApplyFixture(["d": ["x": "1"]])
        try fixture.apply([fixture.removeDirectory("d", ["x": "1"])])
        let shelf = try fixture.shelf()
        #expect(try shelf.packIdle() == 0)
        let item = try #require(shelf.list().first)
        try shelf.restore(item.id, to: "d")
        #expect(try fixture.standing() == Tree(["d": ["x": "1"]]).listing)
    }

    @Test func `nothing is restored over what stands, nor outside the root`() throws {
        let fixture = try ApplyFixture(["a": "old", "b": "mine"])
        try fixture.apply([fixture.remove("a", "old")])
        let shelf = try fixture.shelf()
        let id = try #require(shelf.list().first).id
        for path in ["b", "../c", ".tandem/c", ""] as [RelativePath] {
            #expect { try shelf.restore(id, to: path) } throws: {
                ($0 as? ApplyError)?.code == .exists
            }
        }
        #expect { try shelf.restore(99, to: "c") } throws: {
            ($0 as? ApplyError)?.code == .noSuchItem
        }
        #expect(try fixture.standing() == Tree(["b": "mine"]).listing)
        #expect(try fixture.staged() == [])
    }

    @Test func `one content displaced twice is kept once and listed twice`() throws {
        let fixture = try ApplyFixture(["a": "same", "b": "same"])
        try fixture.apply([fixture.remove("a", "same"), fixture.replace("b", "same", "new")])
        let shelf = try fixture.shelf()
        #expect(shelf.list().count == 2)
        #expect(Set(shelf.list().map(\.object)).count == 1)
        for item in shelf.list() {
            try shelf.restore(item.id, to: .init(trusted: item.path.name + [0x32]))
        }
        #expect(try fixture.read("a2") == "same")
        #expect(try fixture.read("b2") == "same")
    }

    @Test func `two shelves open at once see each other's items and lose none`() throws {
        let fixture = try ApplyFixture(["a": "1", "b": "2"])
        let early = try fixture.shelf()
        try fixture.apply([fixture.remove("a", "1")])
        #expect(early.list().map(\.path) == ["a"])
        try fixture.apply([fixture.remove("b", "2")])
        #expect(try early.purge() == 0)
        #expect(Set(early.list().map(\.path)) == ["a", "b"])
    }

    @Test func `a hundred batches leave a list of few segments that names everything`() throws {
        let fixture = try ApplyFixture(["a": "0"], inMemory: true)
        for number in 0..<100 {
            try fixture.apply([fixture.replace("a", "\(number)", "\(number + 1)")])
        }
        let shelf = try fixture.shelf()
        #expect(Set(shelf.list().map(\.state)) == Set((0..<100).map { .content("\($0)") }))
        let hex = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        let segments = try FileManager.default.contentsOfDirectory(
            atPath: fixture.path(".tandem/shelf/\(hex)/catalogue")
        )
        #expect(segments.count <= 65)
    }

    @Test func `a damaged list loses no object: what it named is live from then on`() throws {
        let fixture = try ApplyFixture(["a": "precious"])
        try fixture.apply([fixture.remove("a", "precious")])
        let hex = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        let segment = fixture.path(".tandem/shelf/\(hex)/catalogue/0000000000000001")
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: segment)))
        bytes[20] ^= 0xFF
        try Data(bytes).write(to: URL(fileURLWithPath: segment))
        _ = try recover(fileSystem: RealFileSystem(), root: fixture.root, pair: ApplyFixture.pair)
        let item = try #require(try fixture.shelf().list().first)
        #expect(item.state == .content("precious"))
        #expect(item.shelfClass == .live)
    }

    @Test func `a late write to a shelved file makes it live instead of purged`() throws {
        let fixture = try ApplyFixture(["a": "old"])
        try fixture.apply([fixture.remove("a", "old")])
        let shelf = try fixture.shelf()
        let item = try #require(shelf.list().first)
        let hex = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        let object = String(decoding: item.object, as: UTF8.self)
        try Data("late".utf8).write(
            to: URL(fileURLWithPath: fixture.path(".tandem/shelf/\(hex)/\(object)"))
        )
        #expect(try shelf.makeRoom(until: .max) == 0)
        #expect(shelf.list().map(\.shelfClass) == [.live])
        #expect(shelf.list().map(\.state) == [.content("late")])
    }

    @Test func `making room takes the oldest superseded items and no live one`() throws {
        let fixture = try ApplyFixture(["a": "old", "b": "dear"])
        try fixture.apply([fixture.remove("a", "old")])
        fixture.settings.shelfClass = .live
        try fixture.apply([fixture.remove("b", "dear")])
        let shelf = try fixture.shelf()
        #expect(try shelf.makeRoom(until: .max) == 1)
        #expect(try fixture.shelf().list().map(\.path) == ["b"])
    }

    @Test func `every cut and every flipped bit of a pack is found`() throws {
        let fixture = try ApplyFixture(["d": ["x": "1", "y": ["z": "2"]]], inMemory: true)
        try fixture.apply([fixture.removeDirectory("d", ["x": "1", "y": ["z": "2"]])])
        let shelf = try fixture.shelf()
        try shelf.packIdle(olderThan: 0)
        let item = try #require(shelf.list().first)
        let hex = String(decoding: hexadecimal(ApplyFixture.pair), as: UTF8.self)
        let file = URL(
            fileURLWithPath: fixture.path(
                ".tandem/shelf/\(hex)/" + String(decoding: item.object, as: UTF8.self)
            )
        )
        let bytes = Array(try Data(contentsOf: file))
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x41
            for variant in [damaged, Array(bytes[..<index])] {
                try Data(variant).write(to: file)
                #expect(throws: ApplyError.self) { try shelf.restore(item.id, to: "back") }
            }
        }
        try Data(bytes).write(to: file)
        try shelf.restore(item.id, to: "back")
        #expect(try fixture.standing() == Tree(["back": ["x": "1", "y": ["z": "2"]]]).listing)
        #expect(try fixture.staged() == [])
    }
}
