import Foundation
import Glibc
import TandemFiles
import TandemTestSupport
import TandemTree
import Testing

/// Cleaning, and bringing everything back.
struct GarbageShelfTests {
    private func littered() throws -> GarbageRoot {
        try GarbageRoot([
            "a/__pycache__/x.pyc": "bytecode", "a/b.pyc": "more", ".DS_Store": "finder",
            "a/main.py": "code",
        ])
    }

    @Test func `a cleaning takes the garbage, and undoing it brings back every byte`() throws {
        let root = try littered()
        let before = try root.listing()
        let inode = try root.inode("a/__pycache__/x.pyc")
        let outcome = try root.clean()
        #expect(outcome.moved == 3 && outcome.left.isEmpty && outcome.bytes == 18)
        #expect(try root.listing() == ["a": "directory", "a/main.py": "code"])
        #expect(try root.paths() == [])
        #expect(try root.shelf().batches() == [.init(id: "g-1", time: 1000, entries: 3)])
        let back = try root.shelf().undo("g-1")
        #expect(back.moved == 3 && back.left.isEmpty)
        #expect(try root.listing() == before)
        #expect(try root.inode("a/__pycache__/x.pyc") == inode)
        #expect(try root.shelf().batches() == [])
    }

    @Test func `undoing puts nothing over something new, and can be gone on with`() throws {
        let root = try littered()
        try root.clean()
        try root.write("a/b.pyc", "new")
        let back = try root.shelf().undo("g-1")
        #expect(back.moved == 2)
        #expect(back.left == [.init(path: "a/b.pyc", reason: "something stands there now")])
        #expect(root.read("a/b.pyc") == "new")
        #expect(try root.shelf().batches().count == 1)
        try FileManager.default.removeItem(atPath: root.directory.path("a/b.pyc"))
        #expect(try root.shelf().undo("g-1").moved == 1)
        #expect(root.read("a/b.pyc") == "more")
    }

    @Test func `what lay in a directory that is gone stays on the shelf`() throws {
        let root = try littered()
        try root.clean()
        try FileManager.default.removeItem(atPath: root.directory.path("a"))
        let back = try root.shelf().undo("g-1")
        #expect(back.moved == 1)
        #expect(back.left.map(\.reason) == ["its directory is gone", "its directory is gone"])
        #expect(root.read(".DS_Store") == "finder" && !root.exists("a"))
    }

    @Test func `what was replaced since the inventory stays where it is`() throws {
        let root = try littered()
        let entries = try root.scan().inventory().entries
        // The old file stays open elsewhere, so that its inode is not given to the new one.
        try FileManager.default.moveItem(
            atPath: root.directory.path("a/b.pyc"),
            toPath: root.directory.path("held")
        )
        try root.write("a/b.pyc", "somebody's own")
        let outcome = try root.shelf().clean(entries, as: "g-1")
        #expect(outcome.left == [.init(path: "a/b.pyc", reason: "it has changed")])
        #expect(root.read("a/b.pyc") == "somebody's own" && outcome.moved == 2)
    }

    @Test func `a directory swapped for a link leads nowhere`() throws {
        let outside = try GarbageRoot(["b.pyc": "outside"])
        let root = try littered()
        let entries = try root.scan().inventory().entries
        try FileManager.default.moveItem(
            atPath: root.directory.path("a"),
            toPath: root.directory.path("was")
        )
        try FileManager.default.createSymbolicLink(
            atPath: root.directory.path("a"),
            withDestinationPath: outside.directory.url.path
        )
        let outcome = try root.shelf().clean(entries, as: "g-1")
        #expect(outcome.moved == 1 && outcome.left.count == 2)
        #expect(outside.read("b.pyc") == "outside")
    }

    @Test func `a cleaning that was cut off is undone as far as it came`() throws {
        let root = try littered()
        let before = try root.listing()
        let all = try root.scan().inventory().entries
        try root.shelf().clean(all, as: "g-1")
        // As after a crash between two renames: one entry is in its place, and listed.
        let objects = root.directory.path(".tandem/garbage/g-1/objects")
        let first = all[0]
        try FileManager.default.moveItem(
            atPath: "\(objects)/0",
            toPath: root.directory.path("\(first.path)")
        )
        let back = try root.shelf().undo("g-1")
        #expect(back.moved == all.count - 1 && back.left.isEmpty)
        #expect(try root.listing() == before)
    }

    @Test func `a batch that is forgotten or too old is gone for good`() throws {
        let root = try littered()
        try root.clean("g-1")
        try root.write("c.pyc", "1")
        try root.clean("g-2")
        try root.shelf().forget("g-1")
        #expect(throws: ApplyError.self) { try root.shelf().undo("g-1") }
        let later = root.shelf(now: 1001 + GarbageShelf.keptNanoseconds)
        #expect(try later.purge() == 1)
        #expect(try later.batches() == [])
    }

    @Test(arguments: ["", "..", "a/b", "A", "g 1", ".hidden", String(repeating: "a", count: 65)])
    func `a name that is none leads nowhere`(_ id: String) throws {
        let root = try littered()
        #expect(throws: ApplyError.self) { try root.clean(id) }
        #expect(throws: ApplyError.self) { try root.shelf().undo(id) }
        #expect(throws: ApplyError.self) { try root.shelf().forget(id) }
        #expect(root.read("a/b.pyc") == "more")
    }

    @Test func `a damaged list is no batch`() throws {
        let root = try littered()
        try root.clean()
        let path = root.directory.path(".tandem/garbage/g-1/list")
        let bytes = try Data(contentsOf: URL(filePath: path))
        for index in stride(from: 0, to: bytes.count, by: 5) {
            var damaged = bytes
            damaged[index] ^= 0x20
            try damaged.write(to: URL(filePath: path))
            #expect(try root.shelf().batches() == [], "byte \(index)")
        }
        try bytes.write(to: URL(filePath: path))
        #expect(try root.shelf().undo("g-1").moved == 3)
    }
}

extension GarbageRoot {
    func inode(_ name: String) throws -> UInt64 {
        var status = stat()
        guard stat(directory.path(name), &status) == 0 else { throw CommandFailure(name) }
        return UInt64(status.st_ino)
    }
}
