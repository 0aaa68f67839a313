import Dispatch
import Testing

import TandemFiles
import TandemTestSupport
import TandemTree

/// Rules files that change under a watched root.
struct RulesChangeTests {
    private func makeRoot(_ rules: RuleSource = .collect) throws -> WatchedRoot {
        try WatchedRoot(rules: rules) {
            try $0.write("*.o\n", to: ".gitignore")
            for name in ["a/x", "a/x.o", "a/b/y", "a/b/y.o", "c/z", "c/z.o"] {
                try $0.write(name, to: name)
            }
        }
    }

    @Test func `a nested rules file changes what it governs and nothing else`() throws {
        let root = try makeRoot()
        try root.files.write("!*.o\ny\n", to: "a/b/.gitignore")
        root.files.fileSystem.reset()
        try root.settle()
        #expect(root.live.tree.find("a/b/y.o") != nil)
        #expect(root.live.tree.find("a/b/y") == nil)
        #expect(root.files.fileSystem.count(of: .readDirectory) <= 4)
        try root.expectSame()
    }

    /// Rules as a laptop gives them, for a directory of its own.
    private static let given: RuleSource = {
        var rules = RuleSet.standard
        let content = Array("*.o\n".utf8)
        rules.add(RuleFile(directory: "a/b", kind: .gitignore, content: content))
        return .given(rules)
    }()

    @Test(.tags(.regression), arguments: [["a", "n"], ["a/b", "c/n"], ["a", "new/n"]])
    func `given rules go along with a directory that is renamed`(_ names: [String]) throws {
        let root = try makeRoot(Self.given)
        #expect(root.live.tree.find("a/b/y.o") == nil)
        let old = RelativePath(trusted: Array(names[0].utf8))
        let digest = root.live.tree.state(at: old)?.digest
        if names[1].hasPrefix("new/") {
            try Command.run("mkdir", [root.files.path("new")])
        }
        try Command.run("mv", [root.files.path(names[0]), root.files.path(names[1])])
        root.files.fileSystem.reset()
        try root.settle()
        let new = RelativePath(trusted: Array(names[1].utf8))
        #expect(root.live.tree.state(at: new)?.digest == digest)
        #expect(root.live.tree.find(old) == nil)
        _ = try root.live.scanAll()
        #expect(root.live.tree.state(at: new)?.digest == digest, "a full look knows it too")
    }

    @Test(.tags(.regression))
    func `given rules go along with a directory that was renamed while nobody watched`() throws {
        let root = try makeRoot(Self.given)
        let digest = root.live.tree.state(at: "a")?.digest
        try Command.run("mv", [root.files.path("a"), root.files.path("n")])
        _ = try root.live.scanAll()
        #expect(root.live.tree.state(at: "n")?.digest == digest)
        root.live.replaceRules(.given(.standard))
        _ = try root.live.scanAll()
        #expect(root.live.tree.find("n/b/y.o") != nil, "others were given")
    }

    @Test func `rules at the top govern everything, and their removal too`() throws {
        let root = try makeRoot()
        try root.files.write("x\n", to: ".gitignore")
        try root.settle()
        #expect(root.live.tree.find("a/x.o") != nil)
        try root.expectSame()
        try Command.run("rm", [root.files.path(".gitignore")])
        try root.settle()
        #expect(root.live.tree.find("a/x") != nil)
        try root.expectSame()
    }

    @Test func `a tandemignore is taken like any rules file`() throws {
        let root = try makeRoot()
        try root.files.write("!x.o\n", to: "a/.tandemignore")
        try root.settle()
        #expect(root.live.tree.find("a/x.o") != nil)
        try root.expectSame()
        try root.files.write("", to: "a/.tandemignore")
        try root.settle()
        try root.expectSame()
    }

    @Test func `a directory is watched once its rule is gone, and not while it is there`() throws {
        let root = try makeRoot()
        try root.files.write("*.o\na/\n", to: ".gitignore")
        try root.settle()
        #expect(root.watcher.report.directories == 2)
        try root.files.write("late", to: "a/b/y")
        #expect(root.watcher.drain(until: WatchedRoot.deadline()))
        #expect(root.watcher.next(until: .now()) == nil)
        try root.files.write("*.o\n", to: ".gitignore")
        try root.settle()
        #expect(root.live.tree.state(at: "a/b/y") == .content("late"))
        try root.files.write("later", to: "a/b/y")
        try root.settle()
        #expect(root.live.tree.state(at: "a/b/y") == .content("later"))
        try root.expectSame()
    }

    @Test func `given rules are not changed by a file of the tree`() throws {
        let rules = RuleSource.given(.standard)
        let root = try makeRoot(rules)
        try root.files.write("a\n", to: ".gitignore")
        try root.settle()
        #expect(root.live.tree.find("a/x.o") != nil)
        try root.expectSame(rules: rules)
    }

    @Test func `where git's rules do not count, a gitignore is a file like any other`() throws {
        let rules = RuleSource.collecting(IgnoreSettings(usesGitignore: false).base)
        let root = try makeRoot(rules)
        try root.files.write("a\n", to: ".gitignore")
        root.files.fileSystem.reset()
        try root.settle()
        #expect(root.files.fileSystem.count(of: .readDirectory) == 0)
        #expect(root.live.tree.find("a/x.o") != nil)
        try root.expectSame(rules: rules)
    }

    @Test func `other given rules take effect with the next scan`() throws {
        let root = try makeRoot(.given(.standard))
        var rules = RuleSet.standard
        rules.add(RuleFile(directory: "a", kind: .gitignore, content: Array("b/\n".utf8)))
        root.live.replaceRules(.given(rules))
        _ = try root.live.scanAll()
        root.watcher.update(rules)
        try root.settle()
        #expect(root.live.tree.find("a/b") == nil)
        #expect(root.watcher.report.directories == 3)
        try root.expectSame(rules: .given(rules))
    }
}
