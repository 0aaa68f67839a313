import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// Each call of a store fails once: what was acknowledged is there, what is there was written.
@Suite(.tags(.fault))
struct ArchiveFaultTests {
    private let change = [Difference(path: "a", old: .content("one"), new: .content("two"))]

    private func makeStore(_ fixture: StateFixture) throws -> ArchiveStore {
        fixture.fileSystem.reset()
        let store = ArchiveStore(try fixture.open())
        try store.checkpoint(Archive(tree: Tree(["a": "one"]), mark: mark(1)))
        fixture.fileSystem.reset()
        return store
    }

    @Test(arguments: [ENOSPC, EIO, EROFS])
    func `an append that fails leaves the old generation or the whole new one`(code: Int32) throws {
        let fixture = try StateFixture()
        try makeStore(fixture).append(mark(2), change)
        let calls = fixture.fileSystem.failableCalls
        #expect(calls == 3)
        for turn in 0..<calls {
            for effect: Fault.Effect in [.fail(code), .failAfter(code)] {
                let store = try makeStore(fixture)
                fixture.fileSystem.reset(faults: [Fault(.any, .at(turn), effect)])
                #expect(throws: StateError.self) { try store.append(mark(2), change) }
                // Nothing goes on until the file was looked at again.
                #expect(throws: StateError.self) { try store.append(mark(2), change) }
                fixture.fileSystem.reset()
                let archive = try #require(try store.load())
                #expect([mark(1), mark(2)].contains(archive.mark))
                let text = archive.mark == mark(1) ? "one" : "two"
                #expect(archive.tree.state(at: "a") == .content(text))
                try store.append(mark(3), [])
                #expect(try store.load()?.mark == mark(3))
            }
        }
    }

    @Test(.tags(.regression))
    func `a record that a death left unflushed is on the disk before it is built on`() throws {
        let fixture = try StateFixture()
        let store = try makeStore(fixture)
        fixture.fileSystem.reset(faults: [Fault(.only([.sync]), .at(0), .fail(EIO))])
        #expect(throws: StateError.self) { try store.append(mark(2), change) }
        fixture.fileSystem.reset(faults: [Fault(.only([.sync]), .at(0), .fail(EIO))])
        #expect(throws: StateError.self) { try store.load() }
        fixture.fileSystem.reset()
        #expect(try store.load()?.mark == mark(2))
        #expect(fixture.fileSystem.count(of: .sync) == 1)
    }

    @Test func `short writes are continued`() throws {
        let fixture = try StateFixture()
        let store = try makeStore(fixture)
        let writes: Set<FileSystemCall> = [.write, .writeAt]
        fixture.fileSystem.reset(faults: [Fault(.only(writes), .every(1), .short(5))])
        try store.append(mark(2), change)
        try store.writeIntent(mark(3))
        fixture.fileSystem.reset()
        let archive = try #require(try store.load())
        #expect(archive.mark == mark(2))
        #expect(archive.intent == mark(3))
    }

    @Test func `a checkpoint that fails at any call keeps an archive`() throws {
        let fixture = try StateFixture()
        let next = Archive(tree: Tree(["a": "two"]), mark: mark(2))
        try makeStore(fixture).checkpoint(next)
        for turn in 0..<fixture.fileSystem.failableCalls {
            let store = try makeStore(fixture)
            fixture.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(ENOSPC))])
            #expect(throws: StateError.self, "call \(turn)") { try store.checkpoint(next) }
            fixture.fileSystem.reset()
            let archive = try #require(try store.load())
            #expect([mark(1), mark(2)].contains(archive.mark), "call \(turn)")
        }
    }

    @Test func `a crash during any call keeps an archive that loads`() throws {
        let fixture = try StateFixture()
        let store = try makeStore(fixture)
        try store.writeIntent(mark(2))
        try store.append(mark(2), change)
        try store.checkpoint(Archive(tree: Tree(["a": "two"]), mark: mark(2)))
        for turn in 0..<fixture.fileSystem.mutatingCalls {
            let store = try makeStore(fixture)
            fixture.fileSystem.reset(faults: [Fault(.mutating, .from(turn), .fail(EIO))])
            _ = try? store.writeIntent(mark(2))
            _ = try? store.append(mark(2), change)
            _ = try? store.checkpoint(Archive(tree: Tree(["a": "two"]), mark: mark(2)))
            fixture.fileSystem.reset()
            let archive = try #require(try ArchiveStore(try fixture.open()).load())
            let text = archive.mark == mark(1) ? "one" : "two"
            #expect(archive.tree.state(at: "a") == .content(text), "call \(turn)")
        }
    }

    @Test func `fault 6: an archive the disk does not give back is unreadable`() throws {
        let fixture = try StateFixture()
        let store = try makeStore(fixture)
        fixture.fileSystem.reset(faults: [Fault(.only([.readAt]), .at(1), .fail(EIO))])
        #expect {
            try store.load()
        } throws: {
            ($0 as? StateError)?.code == .unreadable
        }
    }

    @Test func `an acknowledged generation was flushed`() throws {
        let fixture = try StateFixture()
        let store = try makeStore(fixture)
        try store.append(mark(2), change)
        #expect(fixture.fileSystem.count(of: .sync) == 1)
        try store.writeIntent(mark(3))
        // The file and its directory.
        #expect(fixture.fileSystem.count(of: .sync) == 3)
        try store.checkpoint(Archive(tree: Tree(), mark: mark(3)))
        #expect(fixture.fileSystem.count(of: .sync) == 5)
    }
}
