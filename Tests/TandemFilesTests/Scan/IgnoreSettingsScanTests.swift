import TandemFiles
import TandemTestSupport
import TandemTree
import Testing

struct IgnoreSettingsScanTests {
    @Test func `without git's rules only .tandemignore counts`() throws {
        let root = try ScanRoot()
        try root.write("*.o\n", to: ".gitignore")
        try root.write("*.x\n", to: ".tandemignore")
        try root.write("*.c\n", to: ".git/info/exclude")
        for name in ["a.o", "a.x", "a.c"] { try root.write("a", to: name) }
        let result = try root.scan(rules: .collect(IgnoreSettings(usesGitignore: false)))
        expectTree(
            result,
            [".gitignore": "*.o\n", ".tandemignore": "*.x\n", "a.o": "a", "a.c": "a"]
        )
        #expect(result.rules.files.map(\.kind) == [.catalogue, .tandemignore])
    }

    @Test func `patterns of the configuration stand above the files of the tree`() throws {
        let root = try ScanRoot()
        try root.write("!a.bin\n", to: "d/.tandemignore")
        try root.write("a", to: "d/a.bin")
        try root.write("b", to: "d/b.log")
        let settings = IgnoreSettings(patterns: ["*.bin", "!b.log"])
        let result = try root.scan(rules: .collect(settings))
        expectTree(result, ["d": [".tandemignore": "!a.bin\n", "b.log": "b"]])
    }

    @Test func `git's exclude file counts at the root and in repositories below it`() throws {
        let root = try ScanRoot()
        try root.write("*.o\n", to: ".git/info/exclude")
        try root.write("*.c\n", to: "sub/.git/info/exclude")
        try root.write("# nothing\n", to: "plain/.git/info/exclude")
        for name in ["a.o", "a.c", "sub/b.o", "sub/b.c", "sub/b.h"] {
            try root.write("a", to: name)
        }
        let result = try root.scan()
        expectTree(result, ["a.c": "a", "sub": ["b.h": "a"], "plain": [:]])
        let excludes = result.rules.files.filter { $0.kind == .gitExclude }
        #expect(excludes.map(\.directory) == [.root, "sub"])
        let subtree = try Scanner(fileSystem: root.fileSystem, time: MovedTime.later)
            .scan("sub", of: root.root, rules: .collect)
        #expect(subtree.below?.listing == Tree(["b.h": "a"]).listing)
    }

    @Test func `a .git that is a file or a link brings no rules`() throws {
        let root = try ScanRoot()
        try root.write("gitdir: ../elsewhere\n", to: "tree/.git")
        try root.write("*\n", to: "real/info/exclude")
        try root.makeDirectory("linked")
        try root.makeLink("linked/.git", to: "../real")
        try root.write("a", to: "tree/a")
        try root.write("a", to: "linked/a")
        let result = try root.scan()
        #expect(result.tree.state(at: "tree/a") != nil && result.tree.state(at: "linked/a") != nil)
        #expect(result.rules.files.map(\.kind) == [.catalogue])
    }

    @Test func `.git travels where it is pushed`() throws {
        let root = try ScanRoot()
        try root.write("ref", to: ".git/HEAD")
        let result = try root.scan(rules: .collect(IgnoreSettings(git: .push)))
        expectTree(result, [".git": ["HEAD": "ref"]])
    }

    @Test func `the laptop's own settings are in no tree, whatever the rules say`() throws {
        let root = try ScanRoot()
        try root.write("!tandem.local.yml\n", to: ".tandemignore")
        for name in ["tandem.local.yml", "d/tandem.local.yml", "tandem.yml"] {
            try root.write("a", to: name)
        }
        for rules in [RuleSource.collect, .given(RuleSet())] {
            let result = try root.scan(rules: rules)
            expectTree(
                result,
                [".tandemignore": "!tandem.local.yml\n", "d": [:], "tandem.yml": "a"]
            )
            #expect(result.problems.isEmpty)
        }
    }
}
