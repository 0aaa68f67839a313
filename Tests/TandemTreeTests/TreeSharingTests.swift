import TandemTestSupport
import TandemTree
import Testing

struct TreeSharingTests {
    /// Larger than one piece of a column, with names that take more than one piece of theirs.
    private static func large() throws -> Tree {
        var tree = Tree()
        let long = [UInt8](repeating: UInt8(ascii: "n"), count: 60)
        for number in 0..<1_300 {
            let directory = RelativePath(trusted: Array("d\(number % 7)".utf8))
            if number < 7 { try tree.put(directory, .directory) }
            let path = directory.appending(long + Array("\(number)".utf8))
            try tree.put(path, .content("\(number)"), stamp: stamp(number))
        }
        tree.rehash()
        return tree
    }

    private static func stamp(_ number: Int) -> Stamp {
        Stamp(inode: UInt64(number + 1), modified: Int64(number), changed: Int64(number))
    }

    @Test(.tags(.property), arguments: 0..<4 as Range<UInt64>)
    func `a tree that shares another one's storage holds what it held`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var base = try Self.large()
        var other = base
        for _ in 0..<generator.below(40) {
            try ThreeTrees.perturb(&base, using: &generator, others: true)
            try ThreeTrees.perturb(&other, using: &generator, others: true)
        }
        base.rehash()
        other.rehash()
        let shared = other.sharing(base)
        #expect(shared.rootDigest == other.rootDigest)
        #expect(shared.count == other.count)
        #expect(shared.listing == other.listing)
        #expect(!shared.needsRehash)
    }

    @Test(.tags(.property), arguments: 0..<4 as Range<UInt64>)
    func `what changes in one of two trees that share changes in that one only`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        var base = try Self.large()
        var shared = base.sharing(base)
        let before = base.listing
        for _ in 0..<60 { try ThreeTrees.perturb(&shared, using: &generator, others: true) }
        shared.rehash()
        #expect(base.listing == before)
        let after = shared.listing
        for _ in 0..<60 { try ThreeTrees.perturb(&base, using: &generator, others: true) }
        base.rehash()
        #expect(shared.listing == after)
        #expect(try Tree(decoding: shared.encode()).rootDigest == shared.rootDigest)
        #expect(try Tree(decoding: base.encode()).listing == base.listing)
    }

    @Test func `a tree that shares has no stamps, and the other one keeps its own`() throws {
        let base = try Self.large()
        let shared = base.sharing(base)
        let path = RelativePath(trusted: Array("d3".utf8))
        let directory = try #require(shared.find(path))
        let child = try #require(shared.childIDs(of: directory).first)
        #expect(shared.stamp(of: child) == .zero)
        #expect(base.stamp(of: try #require(base.find(shared.path(of: child)))) != .zero)
    }

    @Test(.tags(.property), arguments: 0..<4 as Range<UInt64>)
    func `a tree that succeeds an earlier one has its own entries and stamps`(
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let earlier = try Self.large()
        var later = earlier
        for _ in 0..<40 { try ThreeTrees.perturb(&later, using: &generator, others: true) }
        let directory = try #require(later.find(RelativePath(trusted: Array("d5".utf8))))
        for child in later.childIDs(of: directory) { later.setStamp(child, Self.stamp(9_999)) }
        later.rehash()
        let shared = later.succeeding(earlier)
        #expect(shared.listing == later.listing)
        #expect(shared.rootDigest == later.rootDigest)
        later.forEach { id, path in
            let own = shared.find(RelativePath(trusted: path))
            #expect(own.map { shared.stamp(of: $0) } == later.stamp(of: id))
            return true
        }
    }

    @Test func `a tree that has little in common with another one stays as it is`() throws {
        let base = try Self.large()
        var other = Tree()
        try other.put(RelativePath(trusted: Array("alone".utf8)), .content("one"))
        other.rehash()
        #expect(other.sharing(base).listing == other.listing)
        #expect(base.sharing(other).listing == base.listing)
        #expect(Tree().sharing(base).count == 0)
        #expect(base.sharing(Tree()).listing == base.listing)
    }

    @Test func `a tree whose digests are stale is not shared`() throws {
        let base = try Self.large()
        var other = base
        try other.put(RelativePath(trusted: Array("d1/new".utf8)), .content("new"))
        #expect(other.sharing(base).needsRehash)
        #expect(base.sharing(other).listing == base.listing)
    }
}
