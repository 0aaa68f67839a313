import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

struct SubtreeScanTests {
    private func makeRoot() throws -> ScanRoot {
        let root = try ScanRoot()
        try root.write("*.o\n", to: ".gitignore")
        try root.write("a", to: "a")
        try root.write("b", to: "d/e/b")
        try root.write("c", to: "d/c")
        return root
    }

    private func rescan(
        _ root: ScanRoot,
        _ path: RelativePath,
        _ previous: Tree,
        rules: RuleSource = .collect
    ) throws -> SubtreeResult {
        let scanner = Scanner(fileSystem: root.fileSystem, time: MovedTime.later)
        return try scanner.scan(path, of: root.root, previous: previous, rules: rules)
    }

    /// Scans one path, puts it into the tree, and expects what a full scan gives.
    private func expectSame(_ root: ScanRoot, _ path: RelativePath, _ before: Tree) throws {
        let result = try rescan(root, path, before)
        var tree = before
        try result.apply(to: &tree)
        tree.rehash()
        let whole = try root.scan()
        #expect(tree.listing == whole.tree.listing)
        #expect(tree.rootDigest == whole.tree.rootDigest)
        #expect(root.fileSystem.openDescriptors == 0)
    }

    @Test func `a changed file is read alone`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        try root.write("changed", to: "d/c")
        root.fileSystem.reset()
        #expect(try rescan(root, "d/c", before).statistics.hashedFiles == 1)
        #expect(root.fileSystem.count(of: .readDirectory) == 0)
        try expectSame(root, "d/c", before)
    }

    @Test func `a new directory is read with all below it`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        try root.write("x", to: "new/x/y")
        try root.write("o", to: "new/x/z.o")
        try root.write("y\n", to: "new/x/.tandemignore")
        try expectSame(root, "new", before)
        let result = try rescan(root, "new", before)
        #expect(result.rules.files.contains { $0.directory == "new/x" })
    }

    @Test func `what is gone is taken out`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        try Command.run("rm", ["-r", root.path("d")])
        for path: RelativePath in ["d", "d/e", "d/e/b"] {
            #expect(try rescan(root, path, before).state == nil)
        }
        try expectSame(root, "d", before)
    }

    @Test func `a directory that stands still is hashed again nowhere`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        let result = try rescan(root, "d", before)
        #expect(result.statistics.hashedFiles == 0)
        #expect(result.statistics.entries == 4)
        #expect(result.state == before.state(at: "d"))
    }

    @Test func `what is ignored, and what is below it, is not there`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        try root.write("o", to: "d/e/x.o")
        try root.write("x", to: "node_modules/x")
        for path: RelativePath in ["d/e/x.o", ".tandem/x", ".git/config"] {
            #expect(try rescan(root, path, before).state == nil)
        }
        var rules = RuleSet()
        rules.add(RuleFile(directory: "d", kind: .tandemignore, content: Array("e/\n".utf8)))
        #expect(try rescan(root, "d/e/b", before, rules: .given(rules)).state == nil)
        #expect(try rescan(root, "d/e/x.o", before, rules: .given(RuleSet())).state != nil)
    }

    @Test func `problems have their full paths`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        #expect(mkfifo(root.path("d/e/pipe"), 0o644) == 0)
        let result = try rescan(root, "d", before)
        #expect(result.problems == [ProblemEntry(path: "d/e/pipe", reason: .special)])
        #expect(
            try rescan(root, "d/e/pipe", before).problems
                == [ProblemEntry(path: "d/e/pipe", reason: .special)]
        )
        try expectSame(root, "d/e", before)
    }

    @Test func `a link on the way is not followed`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        try root.makeLink("way", to: "d")
        let result = try rescan(root, "way/c", before)
        #expect(result.state == nil || result.state?.kind == .other)
        try expectSame(root, "way", before)
    }

    @Test func `a root that is gone is an error`() throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        #expect(rename(root.root.path, root.directory.path("away")) == 0)
        #expect(throws: ScanError(.rootMissing, root: root.root.path)) {
            try rescan(root, "a", before)
        }
    }

    @Test(.tags(.fault), arguments: [EIO, ENOENT, EACCES])
    func `any call may fail`(code: Int32) throws {
        let root = try makeRoot()
        let before = try root.scan().tree
        root.fileSystem.reset()
        _ = try rescan(root, "d", before)
        for turn in 0..<root.fileSystem.failableCalls {
            root.fileSystem.reset(faults: [Fault(.any, .at(turn), .fail(code))])
            if let result = try? rescan(root, "d", before), let found = result.below {
                let known = before.listing
                for (path, state) in found.listing where state.kind == .file {
                    #expect(known[RelativePath(trusted: Array("d/".utf8) + path.bytes)] == state)
                }
            }
            #expect(root.fileSystem.openDescriptors == 0, "call \(turn)")
        }
    }
}
