import Foundation
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

struct ArchiveStoreTests {
    private let steps: [(generation: UInt64, differences: [Difference])] = [
        (2, [Difference(path: "a", old: .content("one"), new: .content("two"))]),
        (
            3,
            [
                Difference(path: "d", old: nil, new: .directory),
                Difference(path: "d/x", old: nil, new: .content("x", executable: true)),
                Difference(path: "l", old: nil, new: .link(to: Array("a".utf8))),
            ]
        ),
        (4, [Difference(path: "d", old: .directory, new: nil)]),
    ]

    /// The trees of generations 1 to 4.
    private let trees: [UInt64: Tree] = [
        1: Tree(["a": "one"]), 2: Tree(["a": "two"]),
        3: Tree(["a": "two", "d": ["x": .program("x")], "l": .link("a")]),
        4: Tree(["a": "two", "l": .link("a")]),
    ]

    private func filled(_ fixture: StateFixture) throws -> ArchiveStore {
        let store = ArchiveStore(try fixture.open())
        try store.checkpoint(Archive(tree: Tree(["a": "one"]), mark: mark(1)))
        for step in steps { try store.append(mark(step.generation), step.differences) }
        return store
    }

    private func expect(
        _ archive: Archive?,
        _ generation: UInt64,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(archive?.mark == mark(generation), sourceLocation: sourceLocation)
        let tree = trees[generation]
        #expect(archive?.tree.listing == tree?.listing, sourceLocation: sourceLocation)
        #expect(archive?.tree.rootDigest == tree?.rootDigest, sourceLocation: sourceLocation)
    }

    @Test func `an archive that was never made is none`() throws {
        let fixture = try StateFixture()
        #expect(try ArchiveStore(try fixture.open()).load() == nil)
    }

    @Test func `every generation that was appended is loaded again`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        expect(try store.load(), 4)
        expect(try ArchiveStore(try fixture.open()).load(), 4)
        try store.append(mark(5), [])
        #expect(try store.load()?.mark == mark(5))
        #expect(fixture.names == ["archive"])
    }

    @Test func `a checkpoint holds what snapshot and journal held`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        let before = try fixture.bytes("archive").count
        try store.checkpoint(try #require(try store.load()))
        expect(try store.load(), 4)
        #expect(try fixture.bytes("archive").count < before)
        #expect(!store.wantsCheckpoint)
    }

    @Test func `a journal that has grown wants a checkpoint`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        let many = (0..<20_000).map {
            Difference(
                path: RelativePath(trusted: Array("f\($0)".utf8)),
                old: nil,
                new: .content("x")
            )
        }
        try store.append(mark(5), many)
        #expect(store.wantsCheckpoint)
    }

    @Test func `an intent counts until its generation is in the archive`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        try store.writeIntent(mark(5))
        #expect(try store.load()?.intent == mark(5))
        try store.append(mark(5), [])
        #expect(try store.load()?.intent == nil)
        try fixture.replace("intent", [1, 2, 3])
        #expect(try store.load()?.intent == nil)
    }

    @Test func `what is noted with an intent comes back with it`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        let toLaptop = [
            Difference(path: "a", old: .content("one"), new: .content("two")),
            Difference(path: "d", old: .directory, new: nil),
        ]
        let notes = IntentNotes(boot: Array("this run".utf8), toLaptop: toLaptop)
        try store.writeIntent(mark(5), notes)
        #expect(try store.load()?.notes == notes)
        let many = Array(repeating: toLaptop, count: 20_000).flatMap(\.self)
        try store.writeIntent(mark(5), IntentNotes(boot: notes.boot, toLaptop: many))
        #expect(try store.load()?.intent == mark(5))
        #expect(try store.load()?.notes == IntentNotes(boot: notes.boot), "too many to note")
    }

    @Test func `an intent from before there were notes is read`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        var bytes = Array("TDMINTN1".utf8)
        withUnsafeBytes(of: UInt64(5).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += mark(5).token
        try fixture.replace("intent", bytes + ContentHasher.digest(of: bytes).bytes)
        #expect(try store.load()?.intent == mark(5))
        #expect(try store.load()?.notes == IntentNotes())
    }

    @Test func `the machine's run has a name that does not change`() {
        let boot = IntentNotes.currentBoot(reading: RealFileSystem())
        #expect(boot?.isEmpty == false)
        #expect(boot == IntentNotes.currentBoot(reading: RealFileSystem()))
    }

    @Test func `a generation that does not follow is refused`() throws {
        let fixture = try StateFixture()
        let store = try filled(fixture)
        for generation: UInt64 in [0, 3, 4] {
            #expect {
                try store.append(mark(generation), [])
            } throws: {
                ($0 as? StateError)?.code == .outOfOrder
            }
        }
        expect(try store.load(), 4)
    }

    @Test func `bad input 79: cut at any length it is an earlier generation or unreadable`() throws
    {
        let fixture = try StateFixture()
        _ = try filled(fixture)
        let whole = try fixture.bytes("archive")
        var found: Set<UInt64> = []
        for length in 0..<whole.count {
            try fixture.replace("archive", whole[..<length])
            if let generation = try loaded(fixture, "cut to \(length)") { found.insert(generation) }
        }
        #expect(found == [1, 2, 3])
    }

    @Test func `bad input 80: with any byte wrong it is an earlier generation or unreadable`()
        throws
    {
        let fixture = try StateFixture()
        _ = try filled(fixture)
        let whole = try fixture.bytes("archive")
        for position in whole.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = whole
                damaged[position] ^= mask
                try fixture.replace("archive", damaged)
                let generation = try loaded(fixture, "byte \(position)")
                // Only the last record can be taken for one that a crash tore.
                #expect(generation == nil || generation == 3, "byte \(position)")
            }
        }
    }

    /// The generation that is read, its tree checked; nil when the archive is unreadable or newer.
    private func loaded(_ fixture: StateFixture, _ what: Comment) throws -> UInt64? {
        do {
            let archive = try ArchiveStore(try fixture.open()).load()
            let generation = try #require(archive?.mark.generation, what)
            expect(archive, generation)
            return generation
        } catch let error as StateError {
            #expect(error.code == .unreadable || error.code == .newerVersion, what)
            return nil
        }
    }

    @Test func `bad input 84: after a torn record the next one is appended in its place`() throws {
        let fixture = try StateFixture()
        _ = try filled(fixture)
        let whole = try fixture.bytes("archive")
        let zeros = [UInt8](repeating: 0, count: 90)
        for tail in [whole.dropLast(5), whole.dropLast(90) + zeros, whole + zeros] {
            try fixture.replace("archive", tail)
            let store = ArchiveStore(try fixture.open())
            let before = try #require(try store.load()?.mark.generation)
            try store.append(mark(before + 1), [])
            #expect(try ArchiveStore(try fixture.open()).load()?.mark == mark(before + 1))
        }
    }

    @Test func `bad input 84: a record missing from the middle is damage`() throws {
        let fixture = try StateFixture()
        let store = ArchiveStore(try fixture.open())
        try store.checkpoint(Archive(tree: Tree(["a": "one"]), mark: mark(1)))
        let start = try fixture.bytes("archive").count
        try store.append(mark(2), steps[0].differences)
        let middle = try fixture.bytes("archive").count
        try store.append(mark(3), [])
        let whole = try fixture.bytes("archive")
        try fixture.replace("archive", whole[..<start] + whole[middle...])
        #expect(try loaded(fixture, "second record left out") == 1)
        try fixture.replace("archive", whole[..<start] + whole[middle...] + whole[start..<middle])
        #expect(try loaded(fixture, "records swapped") == nil)
    }

    @Test func `bad input 81: an archive of a newer version is refused and kept`() throws {
        let fixture = try StateFixture()
        _ = try filled(fixture)
        var newer = try fixture.bytes("archive")
        newer[8] = 2
        try fixture.replace("archive", newer)
        let store = ArchiveStore(try fixture.open())
        for attempt in 0..<2 {
            #expect {
                if attempt == 0 { _ = try store.load() }
                try store.checkpoint(Archive(tree: Tree(), mark: mark(9)))
            } throws: {
                ($0 as? StateError)?.code == .newerVersion
            }
        }
        #expect(try fixture.bytes("archive") == newer)
    }

    @Test func `bad inputs 82, 83: an empty file or a directory is unreadable`() throws {
        let fixture = try StateFixture()
        try fixture.replace("archive", [])
        #expect(try loaded(fixture, "empty") == nil)
        try FileManager.default.removeItem(atPath: fixture.directory.path("archive"))
        try FileManager.default.createDirectory(
            atPath: fixture.directory.path("archive"),
            withIntermediateDirectories: false
        )
        #expect(try loaded(fixture, "directory") == nil)
    }

    @Test func `a damaged archive is kept aside by the next checkpoint`() throws {
        let fixture = try StateFixture()
        try fixture.replace("archive", [1, 2, 3])
        let store = ArchiveStore(try fixture.open())
        #expect(throws: StateError.self) { try store.load() }
        try store.checkpoint(Archive(tree: Tree(["a": "one"]), mark: mark(1)))
        expect(try store.load(), 1)
        #expect(try fixture.bytes("archive-damaged") == [1, 2, 3])
    }
}
