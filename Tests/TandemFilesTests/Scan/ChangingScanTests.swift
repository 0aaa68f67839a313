import Foundation
import Synchronization
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// SAFETY 2.7, change under the hand: another process acts just before one of the scan's calls.
struct ChangingScanTests {
    private func act(
        _ root: ScanRoot,
        before calls: Set<FileSystemCall>,
        _ turns: Fault.Turns = .at(0),
        _ action: @escaping @Sendable () -> Void
    ) {
        root.fileSystem.reset(faults: [Fault(.only(calls), turns, .before(action))])
    }

    @Test func `bad input 63: a file cut off while it is read is read again`() throws {
        let root = try ScanRoot()
        try root.write(String(repeating: "x", count: 10_000), to: "f")
        let path = root.path("f")
        act(root, before: [.readAt]) { _ = truncate(path, 3) }
        let result = try root.scan(threads: 1)
        expectTree(result, ["f": "xxx"])
        let id = try #require(result.tree.find("f"))
        #expect(result.tree.stamp(of: id) != .zero)
    }

    @Test func `bad input 64: a file replaced while it is read is found by the next scan`() throws {
        let root = try ScanRoot()
        try root.write("old", to: "f")
        try root.write("new", to: "g")
        let (from, to) = (root.path("g"), root.path("f"))
        act(root, before: [.readAt]) { _ = rename(from, to) }
        let first = try root.scan(threads: 1)
        #expect(first.tree.state(at: "f") == .content("old"))
        root.fileSystem.reset()
        expectTree(try root.scan(previous: first.tree), ["f": "new"])
    }

    @Test func `bad input 65: a file that grows for ever is read as far as it was known`() throws {
        let root = try ScanRoot()
        try root.write("start", to: "log")
        let path = root.path("log")
        act(root, before: [.readAt], .every(1)) { append("more", to: path) }
        let first = try root.scan(threads: 1)
        let id = try #require(first.tree.find("log"))
        // Twice: as it stood when listed, then as it stood after the first reading.
        #expect(first.tree.state(at: "log") == .content("startmore"))
        #expect(first.tree.stamp(of: id) == .zero)
        root.fileSystem.reset()
        let second = try root.scan(previous: first.tree)
        #expect(second.tree.state(at: "log") == .content("startmoremore"))
    }

    @Test func `bad input 66: a file deleted between list and read is left out`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "a")
        try root.write("y", to: "b")
        let path = root.path("a")
        for calls: Set<FileSystemCall> in [[.status], [.openFile]] {
            // The root's own path is looked at first.
            act(root, before: calls, .at(calls == [.status] ? 1 : 0)) { _ = unlink(path) }
            let result = try root.scan(threads: 1)
            expectTree(result, ["b": "y"])
            #expect(result.problems.isEmpty)
            try root.write("x", to: "a")
        }
    }

    @Test func `bad input 67: a directory that becomes a file before it is read is that file`()
        throws
    {
        let root = try ScanRoot()
        try root.write("x", to: "d/x")
        try root.write("now a file", to: "f")
        let (inner, directory, file) = (root.path("d/x"), root.path("d"), root.path("f"))
        // The root is opened beneath itself, so the first of these calls is for "d".
        root.fileSystem.reset(faults: [
            Fault(
                .only([.openDirectory]),
                .at(0),
                .before {
                    _ = unlink(inner)
                    _ = rmdir(directory)
                    _ = rename(file, directory)
                }
            )
        ])
        let result = try root.scan(threads: 1)
        #expect(result.tree.state(at: "d") == .content("now a file"))
        #expect(result.problems.isEmpty)
    }

    @Test func `bad input 67: a file that becomes a directory before it is read is no file`() throws
    {
        let root = try ScanRoot()
        try root.write("x", to: "f")
        let path = root.path("f")
        act(root, before: [.openFile]) {
            _ = unlink(path)
            _ = mkdir(path, 0o755)
        }
        let result = try root.scan(threads: 1)
        #expect(result.tree.state(at: "f")?.kind == .directory)
        root.fileSystem.reset()
        expectTree(try root.scan(previous: result.tree), ["f": [:]])
    }

    @Test func `a file that becomes a FIFO before it is opened stops nothing`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "f")
        let path = root.path("f")
        act(root, before: [.openFile]) {
            _ = unlink(path)
            _ = mkfifo(path, 0o644)
        }
        expectTree(try root.scan(threads: 1), ["f": .other])
    }

    @Test func `a directory removed before it is read is left out`() throws {
        let root = try ScanRoot()
        try root.makeDirectory("d")
        try root.write("y", to: "b")
        let path = root.path("d")
        act(root, before: [.openDirectory]) { _ = rmdir(path) }
        let result = try root.scan(threads: 1)
        expectTree(result, ["b": "y"])
        #expect(result.statistics.entries == 1)
    }

    @Test func `a directory swapped for a link is not followed`() throws {
        let root = try ScanRoot()
        try root.makeDirectory("d")
        let (path, outside) = (root.path("d"), root.directory.url.path)
        act(root, before: [.openDirectory]) {
            _ = rmdir(path)
            _ = symlink(outside, path)
        }
        expectTree(try root.scan(threads: 1), ["d": .link(outside)])
    }

    @Test func `bad input 68: a root renamed away and back is the same root`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "d/f")
        let (here, away) = (root.root.path, root.directory.path("away"))
        root.fileSystem.reset(faults: [
            Fault(.only([.openDirectory]), .at(0), .before { _ = rename(here, away) }),
            Fault(.only([.openFile]), .at(0), .before { _ = rename(away, here) }),
        ])
        expectTree(try root.scan(threads: 1), ["d": ["f": "x"]])
    }

    @Test func `bad input 69: a root replaced by a link is an error`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "f")
        let (here, away) = (root.root.path, root.directory.path("away"))
        act(root, before: [.openFile]) {
            _ = rename(here, away)
            _ = symlink(away, here)
        }
        #expect(throws: ScanError(.rootNotDirectory, root: here)) { try root.scan(threads: 1) }
    }

    @Test func `a root replaced by another directory is an error`() throws {
        let root = try ScanRoot()
        let (here, away) = (root.root.path, root.directory.path("away"))
        act(root, before: [.readDirectory]) {
            _ = rename(here, away)
            _ = mkdir(here, 0o755)
        }
        #expect(throws: ScanError(.rootReplaced, root: here)) { try root.scan() }
    }

    @Test func `bad input 70: a root removed before or during a scan is an error`() throws {
        let root = try ScanRoot()
        let path = root.root.path
        act(root, before: [.readDirectory]) { _ = rmdir(path) }
        #expect(throws: ScanError.self) { try root.scan() }
        root.fileSystem.reset()
        #expect(throws: ScanError(.rootMissing, root: path)) { try root.scan() }
    }

    @Test func `bad input 72: a root that may not be read any more is an error`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "f")
        root.fileSystem.reset(faults: [Fault(.only([.openBeneath]), .at(0), .fail(EACCES))])
        #expect {
            try root.scan()
        } throws: {
            ($0 as? ScanError)?.code == .rootUnreadable
        }
    }
}

private func append(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_APPEND)
    _ = write(descriptor, text, text.utf8.count)
    close(descriptor)
}
