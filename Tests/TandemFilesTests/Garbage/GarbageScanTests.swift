import Foundation
import TandemFiles
import TandemTestSupport
import TandemTree
import Testing

/// What is garbage below a root, and what is never touched.
struct GarbageScanTests {
    @Test func `entries are counted by kind, with all that is in a directory`() throws {
        let root = try GarbageRoot([
            "a/__pycache__/x.pyc": "12345", "a/__pycache__/deep/y": "1", "a/b.pyc": "12",
            ".DS_Store": "1", "src/main.py": "code", "src/.main.py.swp": "123",
        ])
        let inventory = try root.scan().inventory()
        #expect(
            inventory.entries.map(\.path)
                == [".DS_Store", "a/__pycache__", "a/b.pyc", "src/.main.py.swp"]
        )
        let sums = inventory.sums.map { [$0.kind.name: [$0.entries, $0.files, Int($0.bytes)]] }
        #expect(
            sums == [
                ["__pycache__": [1, 2, 6]], ["*.pyc": [1, 1, 2]], [".DS_Store": [1, 1, 1]],
                ["swap files": [1, 1, 3]],
            ]
        )
        #expect(inventory.only([.macos]).entries.map(\.path) == [".DS_Store"])
    }

    @Test func `no link is followed, and a link of that name is only a link`() throws {
        let outside = try GarbageRoot(["real.pyc": "outside", "__pycache__/x": "outside"])
        let root = try GarbageRoot(["target": "1"])
        for (name, target) in [
            ("linked", outside.directory.url.path), ("__pycache__", outside.directory.url.path),
            ("l.pyc", "target"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: root.directory.path(name),
                withDestinationPath: target
            )
        }
        // A link called as a directory of garbage is none: the pattern speaks of directories.
        #expect(try root.paths() == ["l.pyc"])
        try root.clean()
        #expect(root.read("target") == "1" && root.exists("linked") && root.exists("__pycache__"))
        #expect(try outside.listing().count == 3)
    }

    @Test func `git, node_modules and virtual environments are not entered unasked`() throws {
        let root = try GarbageRoot([
            ".git/a.pyc": "1", ".GIT/b.pyc": "1", ".tandem/c.pyc": "1", "node_modules/d.pyc": "1",
            ".venv/e.pyc": "1", "venv/f.pyc": "1", "x/node_modules/y/g.pyc": "1",
        ])
        #expect(try root.paths() == [])
        var options = GarbageOptions()
        options.entersNodeModules = true
        #expect(try root.paths(options) == ["node_modules/d.pyc", "x/node_modules/y/g.pyc"])
        options.entersNodeModules = false
        options.entersVirtualEnvironments = true
        #expect(try root.paths(options) == [".venv/e.pyc", "venv/f.pyc"])
    }

    @Test func `what an ignore rule keeps is synced, and so no garbage`() throws {
        let root = try GarbageRoot([
            ".gitignore": "!kept.pyc\n", "kept.pyc": "1", "a/kept.pyc": "1", "other.pyc": "1",
            "b/.tandemignore": "!*.pyc\n", "b/x.pyc": "1",
        ])
        let inventory = try root.scan().inventory()
        #expect(inventory.entries.map(\.path) == ["other.pyc"])
        // The vm, which evaluates no file, comes to the same by the laptop's rules.
        var options = GarbageOptions()
        options.rules = .given(inventory.rules)
        #expect(try root.paths(options) == ["other.pyc"])
        let knowledge = GarbageKnowledge(rules: inventory.rules, tracked: ["a b", "c\nd"])
        let back = try #require(GarbageKnowledge(decoding: knowledge.encoded))
        #expect(back.rules == inventory.rules && back.tracked == knowledge.tracked)
        for cut in 0..<knowledge.encoded.count - 10 where cut % 7 == 0 {
            let part = GarbageKnowledge(decoding: Array(knowledge.encoded.prefix(cut)))
            #expect(part?.tracked != knowledge.tracked)
        }
    }

    @Test func `what git tracks is spared, also in a directory of garbage`() throws {
        let root = try GarbageRoot([
            "a.pyc": "1", "tracked.pyc": "1", "p/__pycache__/x.pyc": "12",
            "p/__pycache__/in/kept.pyc": "1", "q/__pycache__/y.pyc": "1",
        ])
        let all = try root.scan().inventory()
        let spared = root.scan().sparing(["tracked.pyc", "p/__pycache__/in/kept.pyc"], in: all)
        #expect(
            spared.entries.map(\.path) == ["a.pyc", "p/__pycache__/x.pyc", "q/__pycache__"]
        )
        try root.shelf().clean(spared.entries, as: "g-1")
        #expect(
            try root.listing().filter { $0.value != "directory" }.keys.sorted() == [
                "p/__pycache__/in/kept.pyc", "tracked.pyc",
            ]
        )
    }

    @Test func `a repository is named, and one that cannot be read is said`() throws {
        let root = try GarbageRoot([".git/HEAD": "x", "sub/.git": "gitdir: x", "sub/a.pyc": "1"])
        #expect(try root.scan().inventory().repositories == [.root, "sub"])
    }
}
