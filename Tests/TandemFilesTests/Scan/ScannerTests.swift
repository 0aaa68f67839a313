import Glibc
import Synchronization
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

struct ScannerTests {
    @Test func `a scan gives every entry below the root`() throws {
        let root = try ScanRoot()
        try root.write("hello", to: "a.txt")
        try root.write("#!/bin/sh\n", to: "bin/run", mode: 0o755)
        try root.write("", to: "bin/empty")
        try root.makeDirectory("void")
        try root.makeLink("link", to: "a.txt")
        let result = try root.scan()
        expectTree(
            result,
            [
                "a.txt": "hello",
                "bin": ["run": .program("#!/bin/sh\n"), "empty": ""],
                "void": [:],
                "link": .link("a.txt"),
            ]
        )
        #expect(result.problems.isEmpty)
        #expect(result.statistics.entries == 6)
        #expect(result.statistics.directories == 2)
        #expect(result.statistics.hashedFiles == 3)
        #expect(result.statistics.hashedBytes == 15)
        #expect(root.fileSystem.openDescriptors == 0)
    }

    @Test func `a second scan hashes nothing`() throws {
        let root = try ScanRoot()
        for number in 0..<50 { try root.write("text \(number)", to: "d\(number % 7)/f\(number)") }
        try root.makeLink("d1/link", to: "f1")
        let first = try root.scan()
        root.fileSystem.reset()
        let second = try root.scan(previous: first.tree)
        #expect(second.statistics.hashedFiles == 0)
        #expect(root.fileSystem.count(of: .openFile) == 0)
        #expect(root.fileSystem.count(of: .readLink) == 0)
        #expect(second.tree.listing == first.tree.listing)
        #expect(second.tree.rootDigest == first.tree.rootDigest)
    }

    @Test func `a second scan hashes just what changed`() throws {
        let root = try ScanRoot()
        for number in 0..<20 { try root.write("text \(number)", to: "d/f\(number)") }
        let first = try root.scan()
        try root.write("changed", to: "d/f7")
        try root.write("new", to: "d/f7a")
        #expect(unlink(root.path("d/f3")) == 0)
        let second = try root.scan(previous: first.tree)
        #expect(second.statistics.hashedFiles == 2)
        let fresh = try root.scan()
        #expect(second.tree.listing == fresh.tree.listing)
        #expect(second.tree.rootDigest == fresh.tree.rootDigest)
    }

    @Test func `a change of the execute bit alone is found`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "run")
        let first = try root.scan()
        #expect(chmod(root.path("run"), 0o755) == 0)
        let second = try root.scan(previous: first.tree)
        expectTree(second, ["run": .program("x")])
    }

    @Test func `an entry that became another kind is read anew`() throws {
        let root = try ScanRoot()
        try root.write("x", to: "a/b")
        try root.write("y", to: "c")
        let first = try root.scan()
        #expect(unlink(root.path("a/b")) == 0 && rmdir(root.path("a")) == 0)
        #expect(unlink(root.path("c")) == 0)
        try root.write("now a file", to: "a")
        try root.write("z", to: "c/d")
        expectTree(try root.scan(previous: first.tree), ["a": "now a file", "c": ["d": "z"]])
    }

    @Test(.tags(.property), arguments: 1...6)
    func `any number of threads gives the same tree`(seed: Int) throws {
        let root = try ScanRoot()
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<120 {
            let depth = random.below(5)
            let path = (0..<depth).map { _ in "d\(random.below(3))" } + ["f\(random.below(9))"]
            try root.write("\(random.below(1_000))", to: path.joined(separator: "/"))
        }
        let single = try root.scan(threads: 1)
        for threads in [2, 3, 8] {
            let result = try root.scan(threads: threads)
            #expect(result.tree.listing == single.tree.listing)
            #expect(result.tree.rootDigest == single.tree.rootDigest)
        }
    }

    @Test func `progress is told with what was there before`() throws {
        let root = try ScanRoot()
        for number in 0..<10 { try root.write("x", to: "d\(number)/f") }
        let first = try root.scan()
        let told = Mutex<[ScanProgress]>([])
        let scanner = Scanner(fileSystem: root.fileSystem)
        _ = try scanner.scan(root: root.root, previous: first.tree, rules: .collect) { progress in
            told.withLock { $0.append(progress) }
        }
        let last = try #require(told.withLock { $0 }.last)
        #expect(last.previousEntries == 20)
        #expect(last.entries <= 20)
    }

    @Test func `descriptors stay few in a deep and wide tree`() throws {
        let root = try ScanRoot()
        for number in 0..<400 {
            let deep = (0..<8).map { "d\((number >> $0) & 1)" }.joined(separator: "/")
            try root.write("x", to: "\(deep)/f\(number)")
        }
        _ = try root.scan()
        #expect(root.fileSystem.mostOpenDescriptors < 80)
        #expect(root.fileSystem.openDescriptors == 0)
    }
}
