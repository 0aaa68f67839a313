import TandemTestSupport
import TandemTree
import Testing

struct TreeEncodingTests {
    @Test(.tags(.property), arguments: 0..<20 as Range<UInt64>)
    func `what was encoded is decoded as it was`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var tree = Tree()
        for _ in 0..<150 { try ThreeTrees.perturb(&tree, using: &generator, others: true) }
        if seed % 2 == 0 { tree.rehash() }
        let stamp = Stamp(inode: .max, modified: .min, changed: -1)
        tree.setStamp(Tree.rootID, stamp)
        var copy = try Tree(decoding: tree.encode())
        #expect(copy.listing == tree.listing)
        #expect(copy.stamp(of: Tree.rootID) == stamp)
        #expect(copy.needsRehash == tree.needsRehash)
        #expect(copy.encode() == tree.encode())
        try copy.put("later", .content("x"))
        try tree.put("later", .content("x"))
        copy.rehash()
        tree.rehash()
        #expect(copy.rootDigest == tree.rootDigest)
    }

    private static let sample = Tree([
        "d": ["x": "1", "y": .program("2")], "l": .link("d"), "p": .other, "z": [:],
    ])

    @Test(.tags(.fault))
    func `bad input 79: a tree cut off anywhere is refused`() {
        let bytes = Self.sample.encode()
        for length in bytes.indices {
            #expect(throws: TreeDecodingError.self) { try Tree(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: TreeDecodingError.wrongLength) { try Tree(decoding: bytes + [0]) }
    }

    @Test(.tags(.fault))
    func `bad input 80: a tree with any bit flipped is refused`() {
        let bytes = Self.sample.encode()
        for bit in 0..<(bytes.count * 8) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: TreeDecodingError.self) { try Tree(decoding: damaged) }
        }
    }

    @Test func `bad input 81: a tree of a newer version is told apart from a damaged one`() {
        var bytes = Self.sample.encode()
        bytes[8] = 2
        #expect(throws: TreeDecodingError.newerVersion(2)) { try Tree(decoding: bytes) }
    }

    @Test(.tags(.fault))
    func `damage under a right checksum gives a sound tree or an error`() throws {
        let bytes = Self.sample.encode()
        var accepted = 0
        for position in 8..<bytes.count where !(24..<56).contains(position) {
            for value in [0, 1, 2, 3, 4, 0x21, 0x7F, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[position] = value
                let checksum = ContentHasher.digest(of: Array(damaged[..<24] + damaged[56...]))
                damaged.replaceSubrange(24..<56, with: checksum.bytes)
                guard var tree = try? Tree(decoding: damaged) else { continue }
                accepted += 1
                // Every walk ends and every name is one.
                for path in tree.listing.keys { _ = try RelativePath(validating: path.bytes) }
                tree.rehash()
                #expect(tree.descendantCount(of: Tree.rootID) == tree.count)
            }
        }
        #expect(accepted > 0)
    }

    @Test func `unsorted and doubled names are refused`() {
        // Rows: the root, "a", "b"; the names are the last two bytes.
        var bytes = Tree(["a": "", "b": ""]).encode()
        for names in ["ba", "aa", "a/", "a\0"] {
            bytes.replaceSubrange((bytes.count - 2)..., with: Array(names.utf8))
            let checksum = ContentHasher.digest(of: Array(bytes[..<24] + bytes[56...]))
            bytes.replaceSubrange(24..<56, with: checksum.bytes)
            #expect(throws: TreeDecodingError.malformed(row: 2)) { try Tree(decoding: bytes) }
        }
    }
}
