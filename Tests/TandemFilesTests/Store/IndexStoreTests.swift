import Foundation
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

struct IndexStoreTests {
    private let tree = Tree(["a": "alpha", "d": ["b": .program("beta"), "l": .link("a")]])

    @Test func `what was saved is loaded`() throws {
        let fixture = try StateFixture()
        let store = IndexStore(try fixture.open())
        #expect(store.load() == nil)
        try store.save(SavedIndex(tree: tree, scannedAt: 42))
        let loaded = try #require(store.load())
        #expect(loaded.tree.listing == tree.listing)
        #expect(loaded.tree.rootDigest == tree.rootDigest)
        #expect(loaded.scannedAt == 42)
        #expect(fixture.names == ["index"])
    }

    @Test func `a damaged index is none, whatever byte is wrong or missing`() throws {
        let fixture = try StateFixture()
        let store = IndexStore(try fixture.open())
        try store.save(SavedIndex(tree: tree, scannedAt: 42))
        let whole = try fixture.bytes("index")
        for length in 0..<whole.count {
            try fixture.replace("index", whole[..<length])
            #expect(store.load() == nil, "cut to \(length)")
        }
        for position in whole.indices {
            var damaged = whole
            damaged[position] ^= 0x41
            try fixture.replace("index", damaged)
            #expect(store.load() == nil, "byte \(position)")
        }
        try fixture.replace("index", whole + [0])
        #expect(store.load() == nil)
    }

    @Test(.tags(.fault)) func `a save that fails at any call keeps an index`() throws {
        let fixture = try StateFixture()
        let store = IndexStore(try fixture.open())
        try store.save(SavedIndex(tree: Tree(["old": "old"]), scannedAt: 1))
        fixture.fileSystem.reset()
        try store.save(SavedIndex(tree: tree, scannedAt: 2))
        let calls = fixture.fileSystem.failableCalls
        for turn in 0..<calls {
            fixture.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(ENOSPC))])
            #expect(throws: StateError.self, "call \(turn)") {
                try store.save(SavedIndex(tree: tree, scannedAt: 3))
            }
            fixture.fileSystem.reset()
            #expect(store.load()?.tree.rootDigest == tree.rootDigest, "call \(turn)")
            // The state directory itself.
            #expect(fixture.fileSystem.openDescriptors == 1)
        }
    }

    @Test func `a state directory that others may write is refused`() throws {
        let fixture = try StateFixture()
        #expect(chmod(fixture.directory.url.path, 0o722) == 0)
        #expect {
            try fixture.open()
        } throws: {
            ($0 as? StateError)?.code == .writableByOthers
        }
    }

    @Test func `a missing state directory is an error that names it`() throws {
        let fixture = try StateFixture()
        let path = fixture.directory.path("none")
        #expect {
            try StateDirectory(at: path, on: fixture.fileSystem)
        } throws: {
            ($0 as? StateError)?.description.contains(path) == true
        }
    }
}
