import Glibc
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

struct IgnoreScanTests {
    private func makeRoot() throws -> ScanRoot {
        let root = try ScanRoot()
        try root.write("*.o\n/build/\n", to: ".gitignore")
        try root.write("x", to: "a.o")
        try root.write("y", to: "a.c")
        try root.write("z", to: "build/out")
        try root.write("!keep.o\n", to: "lib/.gitignore")
        try root.write("secret\n", to: "lib/.tandemignore")
        try root.write("k", to: "lib/keep.o")
        try root.write("l", to: "lib/lost.o")
        try root.write("s", to: "lib/secret")
        try root.write("g", to: "lib/.git/config")
        return root
    }

    private let expected: TestNode = [
        ".gitignore": "*.o\n/build/\n",
        "a.c": "y",
        "lib": [".gitignore": "!keep.o\n", ".tandemignore": "secret\n", "keep.o": "k"],
    ]

    @Test func `the laptop leaves out what its rules files say, at every depth`() throws {
        let root = try makeRoot()
        let result = try root.scan()
        expectTree(result, expected)
        #expect(result.problems.isEmpty)
        let files = result.rules.files.filter { $0.kind != .catalogue }
        #expect(files.map(\.directory) == [.root, "lib", "lib"])
    }

    @Test func `what is ignored is not looked into`() throws {
        let root = try makeRoot()
        for number in 0..<20 { try root.write("x", to: "build/deep/\(number)") }
        #expect(mkfifo(root.path("build/pipe"), 0o644) == 0)
        #expect(try root.scan().problems.isEmpty)
        #expect(root.fileSystem.count(of: .readDirectory) == 4)
    }

    @Test func `bad input 28: .git is left out at any depth, in any letter case`() throws {
        let root = try ScanRoot()
        try root.write("x", to: ".git/HEAD")
        try root.write("x", to: "a/.GIT/HEAD")
        try root.write("x", to: "a/.Git")
        try root.write("y", to: "a/.gitx")
        expectTree(try root.scan(), ["a": [".gitx": "y"]])
    }

    @Test func `the vm uses the rules it was given and evaluates no file of its own`() throws {
        let laptop = try makeRoot()
        let rules = try laptop.scan().rules
        let vm = try makeRoot()
        // Rules edited on the vm apply only after they reached the laptop.
        try vm.write("*.c\n", to: "lib/.gitignore")
        try vm.write("new\n", to: "new/.tandemignore")
        try vm.write("n", to: "new/new")
        let result = try vm.scan(rules: .given(rules))
        #expect(result.tree.state(at: "a.o") == nil)
        #expect(result.tree.state(at: "lib/keep.o") == .content("k"))
        #expect(result.tree.state(at: "lib/secret") == nil)
        #expect(result.tree.state(at: "new/new") == .content("n"))
        #expect(result.rules == rules)
    }

    @Test func `rules a scan starts with hold below those it finds`() throws {
        let root = try ScanRoot()
        try root.write("!a.log\n", to: ".tandemignore")
        try root.write("a", to: "a.log")
        try root.write("b", to: "b.log")
        expectTree(try root.scan(), [".tandemignore": "!a.log\n", "a.log": "a"])
        expectTree(
            try root.scan(rules: .given(RuleSet())),
            [".tandemignore": "!a.log\n", "a.log": "a", "b.log": "b"]
        )
    }

    @Test func `a directory whose rules cannot be read is a problem`() throws {
        let root = try ScanRoot()
        try root.write("secret\n", to: "d/.gitignore")
        try root.write("s", to: "d/secret")
        try root.write("x", to: "x")
        root.fileSystem.reset(faults: [Fault(.only([.openFile]), .at(0), .fail(EACCES))])
        // The root's files are read first: "x" is the first opened unless "d" goes before it.
        let result = try root.scan(threads: 1)
        #expect(result.tree.state(at: "d/secret") == nil)
        #expect(result.problems.count == 1)
    }

    @Test func `a link named .gitignore is no rules file`() throws {
        let root = try ScanRoot()
        try root.write("*\n", to: "rules")
        try root.makeLink(".gitignore", to: "rules")
        expectTree(try root.scan(), ["rules": "*\n", ".gitignore": .link("rules")])
    }
}
