import Dispatch
import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// What a watcher names, whoever tells it of changes.
struct WatcherTests {
    @Test(arguments: Backend.allowed)
    func `a written file is named, and nothing else`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) { try $0.write("a", to: "d/a") }
        try root.files.write("changed", to: "d/a")
        #expect(root.watcher.next(until: WatchedRoot.deadline())?.dirty == ["d/a"])
    }

    @Test(arguments: Backend.allowed)
    func `a change of bits, a link, a rename and a removal are named`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) {
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

    @Test(arguments: Backend.allowed)
    func `each change of a new deep tree is in the tree`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget)
        try root.files.write("1", to: "a/b/c/d/e")
        try root.settle()
        try root.files.write("2", to: "a/b/c/d/f")
        try root.files.write("changed", to: "a/b/c/d/e")
        try root.settle()
        try root.expectSame()
        #expect(root.watcher.report.watches == 5)
    }

    @Test(arguments: Backend.allowed)
    func `copying ten thousand files into a watched directory misses none`(backend: Backend) throws
    {
        let root = try WatchedRoot(budget: backend.budget)
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

    @Test(arguments: Backend.allowed)
    func `a renamed directory is watched at its new place`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) { try $0.write("x", to: "a/b/x") }
        #expect(rename(root.files.path("a"), root.files.path("z")) == 0)
        try root.settle()
        try root.files.write("y", to: "z/b/y")
        try root.settle()
        #expect(root.live.tree.find("z/b/y") != nil)
        try root.expectSame()
    }

    @Test(arguments: Backend.allowed)
    func `a directory moved out and back with other content is read anew`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) { try $0.write("x", to: "a/b/x") }
        let away = root.files.directory.path("away")
        #expect(rename(root.files.path("a"), away) == 0)
        try Command.run("sh", ["-c", "echo changed > \(away)/b/x"])
        #expect(rename(away, root.files.path("a")) == 0)
        try root.settle()
        try root.expectSame()
        #expect(root.live.tree.state(at: "a/b/x") == .content("changed\n"))
    }

    @Test(arguments: Backend.allowed)
    func `ignored directories have no watch and raise nothing`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) {
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

    @Test(arguments: Backend.allowed)
    func `a log file inside the root raises no batch`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget) { try $0.write("", to: "service.log") }
        for line in 0..<1_000 { try root.files.write("\(line)", to: "service.log") }
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
    }

    @Test(arguments: Backend.allowed)
    func `a closed watcher gives nothing more`(backend: Backend) throws {
        let root = try WatchedRoot(budget: backend.budget)
        root.watcher.close()
        #expect(root.watcher.next(until: .distantFuture) == nil)
        #expect(!root.watcher.drain(until: WatchedRoot.deadline()))
    }
}
