import TandemTestSupport
import TandemTree
import Testing

struct TreeTests {
    @Test(.tags(.golden))
    func `the digest of a small tree is the one written down`() {
        let tree = Tree([
            "empty": [:],
            "file": "content",
            "run": .program("#!/bin/sh\n"),
            "link": .link("file"),
            "pipe": .other,
        ])
        #expect(
            tree.rootDigest.hex
                == "23f0835829180dc073f3cd69ed0534b301d18fd70b117813396d4d4c2e3f7259"
        )
        #expect(
            Tree().rootDigest.hex
                == "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"
        )
    }

    @Test(.tags(.property), arguments: 0..<20 as Range<UInt64>)
    func `a tree that grew step by step has the digest of one built at once`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var tree = Tree()
        for step in 0..<400 {
            try ThreeTrees.perturb(&tree, using: &generator, others: true)
            if generator.chance(5) { tree.rehash() }
            if step % 40 == 39 {
                tree.rehash()
                let rebuilt = try Self.rebuilt(tree)
                #expect(tree.rootDigest == rebuilt.rootDigest)
                #expect(tree.listing == rebuilt.listing)
                #expect(tree.count == rebuilt.count)
                #expect(tree.descendantCount(of: Tree.rootID) == tree.count)
            }
        }
    }

    private static func rebuilt(_ tree: Tree) throws -> Tree {
        var copy = Tree()
        for (path, state) in tree.listing.sorted(by: { $0.key < $1.key }) {
            try copy.put(path, state)
        }
        copy.rehash()
        return copy
    }

    @Test func `arenas are packed when most of them is garbage`() throws {
        var tree = Tree()
        let long = [UInt8](repeating: UInt8(ascii: "n"), count: 200)
        for round in 0..<2_000 {
            let name = long + Array(String(round % 10).utf8)
            try tree.put(RelativePath(trusted: name), .content("\(round)"))
            if round % 10 == 9 { tree.remove(RelativePath(trusted: name)) }
        }
        tree.rehash()
        #expect(tree.count == 9)
        #expect(tree.rootDigest == (try Self.rebuilt(tree)).rootDigest)
    }

    @Test func `setting children sorts them and keeps the first of two with one name`() throws {
        var tree = Tree()
        var batch = ChildBatch()
        for (name, text) in [("b", "1"), ("a", "2"), ("b", "3")] {
            batch.append(name: Array(name.utf8), state: .content(text))
        }
        let ids = tree.setChildren(of: Tree.rootID, batch)
        #expect(ids.map { tree.name(of: $0) } == [Array("a".utf8), Array("b".utf8)])
        #expect(tree.state(at: "b") == .content("1"))
    }

    @Test func `a graft carries digests and stamps`() throws {
        var source = Tree(["d": ["x": "1", "sub": ["y": "2"]]])
        let stamp = Stamp(inode: 7, modified: -1, changed: 3)
        source.setStamp(try #require(source.find("d/sub/y")), stamp)
        var target = Tree(["d": ["old": "gone"]])
        try target.graft(try #require(source.find("d")), of: source, at: "d")
        #expect(target.stamp(of: try #require(target.find("d/sub/y"))) == stamp)
        #expect(target.state(at: "d")?.digest == source.state(at: "d")?.digest)
        target.rehash()
        #expect(target.rootDigest == source.rootDigest)
    }

    @Test func `a move into itself, onto something or from nothing is refused`() throws {
        var tree = Tree(["a": ["b": "1"], "c": "2"])
        #expect(throws: TreeError.insideItself("a/x")) { try tree.move(from: "a", to: "a/x") }
        #expect(throws: TreeError.occupied("c")) { try tree.move(from: "a", to: "c") }
        #expect(throws: TreeError.missing("q")) { try tree.move(from: "q", to: "r") }
        #expect(throws: TreeError.noParent("q/r")) { try tree.put("q/r", .content("")) }
        #expect(throws: TreeError.parentIsNoDirectory("c/r")) { try tree.put("c/r", .content("")) }
        #expect(tree.rootDigest == Tree(["a": ["b": "1"], "c": "2"]).rootDigest)
    }

    @Test func `a directory is visited before what is in it, in the order of paths`() {
        let tree = Tree(["a-b": "1", "a": ["z": "2", "b": ["c": "3"]]])
        var seen: [RelativePath] = []
        tree.forEach { _, path in
            seen.append(RelativePath(trusted: path))
            return true
        }
        #expect(seen == ["", "a", "a/b", "a/b/c", "a/z", "a-b"])
        #expect(seen == seen.sorted())
    }

    @Test func `bad input 26: a tree 20,000 deep is hashed, walked, compared and encoded`() throws {
        var tree = Tree()
        var id = Tree.rootID
        for _ in 0..<20_000 {
            var batch = ChildBatch()
            batch.append(name: [0x64], state: .directory)
            id = try #require(tree.setChildren(of: id, batch).first)
        }
        tree.rehash()
        #expect(tree.path(of: id).depth == 20_000)
        #expect(try Tree(decoding: tree.encode()).rootDigest == tree.rootDigest)
        #expect(reconcile(archive: tree, laptop: Tree(), vm: tree, mode: .push).toVM.count == 1)
    }
}
