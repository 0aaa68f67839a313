import Dispatch
import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

struct InotifyTests {
    @Test func `a written file is named, and nothing else`() throws {
        let root = try WatchedRoot { try $0.write("a", to: "d/a") }
        try root.files.write("changed", to: "d/a")
        #expect(root.watcher.next(until: WatchedRoot.deadline())?.dirty == ["d/a"])
    }

    @Test func `a change of bits, a link, a rename and a removal are named`() throws {
        let root = try WatchedRoot {
            try $0.write("a", to: "a")
            try $0.write("b", to: "b")
            try $0.write("c", to: "c")
        }
        #expect(chmod(root.files.path("a"), 0o755) == 0)
        #expect(rename(root.files.path("b"), root.files.path("new")) == 0)
        #expect(unlink(root.files.path("c")) == 0)
        try root.files.makeLink("link", to: "a")
        let found = try root.settle()
        #expect(found.map(\.path).sorted() == ["a", "b", "c", "link", "new"])
        try root.expectSame()
    }

    @Test func `each change of a new deep tree is in the tree`() throws {
        let root = try WatchedRoot()
        try root.files.write("1", to: "a/b/c/d/e")
        try root.settle()
        try root.files.write("2", to: "a/b/c/d/f")
        try root.files.write("changed", to: "a/b/c/d/e")
        try root.settle()
        try root.expectSame()
        #expect(root.watcher.report.watches == 5)
    }

    @Test func `copying ten thousand files into a watched directory misses none`() throws {
        let root = try WatchedRoot()
        let source = try ScanRoot()
        for directory in 0..<1_000 {
            for file in 0..<10 { try source.write("\(directory)", to: "t/d\(directory)/f\(file)") }
        }
        let copying = WorkerThread.start("copy") {
            [from = source.path("t"), to = root.files.path("")] in
            _ = try? Command.run("cp", ["-r", from, to])
        }
        // Read meanwhile, so that directories are watched while they are being filled.
        while !copying.join(until: .now()) { try root.step(until: .now() + .milliseconds(20)) }
        try root.settle()
        #expect(root.live.tree.count == 11_001)
        try root.expectSame()
        #expect(root.watcher.report.directories == 1_002)
        // Each of the new directories is watched now.
        try root.files.write("late", to: "t/d999/late")
        try root.settle()
        #expect(root.live.tree.find("t/d999/late") != nil)
    }

    @Test func `a renamed directory is watched at its new place`() throws {
        let root = try WatchedRoot { try $0.write("x", to: "a/b/x") }
        #expect(rename(root.files.path("a"), root.files.path("z")) == 0)
        try root.settle()
        try root.files.write("y", to: "z/b/y")
        try root.settle()
        #expect(root.live.tree.find("z/b/y") != nil)
        try root.expectSame()
    }

    @Test func `a directory moved out and back with other content is read anew`() throws {
        let root = try WatchedRoot { try $0.write("x", to: "a/b/x") }
        let away = root.files.directory.path("away")
        #expect(rename(root.files.path("a"), away) == 0)
        try Command.run("sh", ["-c", "echo changed > \(away)/b/x"])
        #expect(rename(away, root.files.path("a")) == 0)
        try root.settle()
        try root.expectSame()
        #expect(root.live.tree.state(at: "a/b/x") == .content("changed\n"))
    }

    @Test func `ignored directories have no watch and raise nothing`() throws {
        let root = try WatchedRoot {
            try $0.write("node_modules/\nbuild/\n", to: ".gitignore")
            for name in ["node_modules/a/b", "build/x", ".git/objects/x", ".tandem/stage/x"] {
                try $0.write("x", to: name)
            }
            try $0.write("x", to: "src/x")
        }
        #expect(root.watcher.report.watches == 2)
        try root.files.write("y", to: "node_modules/a/b")
        try root.files.write("y", to: ".git/objects/x")
        try root.files.write("y", to: ".tandem/stage/x")
        try root.files.write("y", to: "src/y.log")
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
    }

    @Test func `a log file inside the root raises no batch`() throws {
        let root = try WatchedRoot { try $0.write("", to: "service.log") }
        for line in 0..<1_000 { try root.files.write("\(line)", to: "service.log") }
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
    }

    @Test func `a closed watcher gives nothing more`() throws {
        let root = try WatchedRoot()
        root.watcher.close()
        #expect(root.watcher.next(until: .distantFuture) == nil)
        #expect(!root.watcher.drain(until: WatchedRoot.deadline()))
    }

    @Test func `events are read from their bytes, and a torn one is left`() throws {
        var bytes: [UInt8] = []
        func append(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        for number: UInt32 in [7, 0x100, 5, 8] { append(number) }
        bytes += Array("name".utf8) + [0, 0, 0, 0]
        for number: UInt32 in [9, 0x200, 0, 0] { append(number) }
        let whole = bytes
        for number: UInt32 in [1, 2, 3, 400] { append(number) }
        let expected = [
            InotifyEvent(watch: 7, mask: 0x100, cookie: 5, name: Array("name".utf8)),
            InotifyEvent(watch: 9, mask: 0x200),
        ]
        for length in whole.count...bytes.count {
            let found = bytes[..<length].withUnsafeBytes { Array(InotifyRecords($0)) }
            #expect(found == expected)
        }
        for length in 0..<whole.count {
            let found = whole[..<length].withUnsafeBytes { Array(InotifyRecords($0)) }
            #expect(found == Array(expected.prefix(length < 24 ? 0 : 1)))
        }
    }
}
