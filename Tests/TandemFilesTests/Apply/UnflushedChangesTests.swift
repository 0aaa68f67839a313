import Glibc
import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree
import Testing

/// What is made durable before both sides agree on it.
struct UnflushedChangesTests {
    private static func changed(_ paths: RelativePath...) -> [Difference] {
        paths.map { Difference(path: $0, old: nil, new: .content("new")) }
    }

    /// A root with some files, and a list that was flushed once.
    private static func flushed() throws -> (ScanRoot, UnflushedChanges) {
        let root = try ScanRoot()
        for name in ["a", "d/b", "d/c"] { try root.write("text", to: name) }
        var changes = UnflushedChanges()
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 1)
        root.fileSystem.reset()
        return (root, changes)
    }

    @Test func `a few files are flushed by themselves, and their directories`() throws {
        var (root, changes) = try Self.flushed()
        changes.add(Self.changed("a", "d/b", "d/c"))
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 0)
        // Three files, the root and one directory.
        #expect(root.fileSystem.count(of: .sync) == 5)
    }

    @Test func `what was flushed is not flushed again`() throws {
        var (root, changes) = try Self.flushed()
        changes.add(Self.changed("a"))
        try changes.flush(root.root, on: root.fileSystem)
        root.fileSystem.reset()
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .sync) == 0)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 0)
    }

    @Test func `a removal is durable with the directory it was in`() throws {
        var (root, changes) = try Self.flushed()
        #expect(unlink(root.path("d/b")) == 0)
        changes.add([Difference(path: "d/b", old: .content("text"), new: nil)])
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .sync) == 1)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 0)
    }

    @Test func `what cannot be found any more is flushed with the whole file system`() throws {
        var (root, changes) = try Self.flushed()
        changes.add(Self.changed("gone/x"))
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 1)
    }

    @Test func `many changes are flushed with the whole file system`() throws {
        var (root, changes) = try Self.flushed()
        for number in 0..<100 {
            changes.add(Self.changed(RelativePath(trusted: Array("f\(number)".utf8))))
        }
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 1)
        #expect(root.fileSystem.count(of: .sync) == 0)
    }

    @Test(.tags(.fault)) func `a disk that refuses leaves everything to the next flush`() throws {
        var (root, changes) = try Self.flushed()
        changes.add(Self.changed("a"))
        root.fileSystem.reset(faults: [
            Fault(.only([.sync, .syncFileSystem]), .from(0), .fail(EIO))
        ])
        #expect(throws: SystemError.self) {
            try changes.flush(root.root, on: root.fileSystem)
        }
        root.fileSystem.reset()
        try changes.flush(root.root, on: root.fileSystem)
        #expect(root.fileSystem.count(of: .syncFileSystem) == 1)
    }
}
