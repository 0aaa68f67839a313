import TandemTestSupport
import Testing

@testable import TandemSnapshots

struct ChunkerTests {
    private func cuts(_ bytes: [UInt8]) -> [Int] {
        let chunker = Chunker()
        var start = 0
        var cuts: [Int] = []
        while start < bytes.count {
            start += chunker.cut(bytes, from: start, to: bytes.count)
            cuts.append(start)
        }
        return cuts
    }

    @Test func `nothing has no chunk, and a short file is one`() {
        #expect(Chunker().cut([], from: 0, to: 0) == 0)
        #expect(cuts([1]) == [1])
        let small = [UInt8](repeating: 7, count: Chunker.minimum)
        #expect(cuts(small) == [small.count])
    }

    @Test(arguments: UInt64(1)...6)
    func `chunks cover the content and keep to their bounds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = SnapshotFixture.bytes(3_000_000 + random.below(100_000), &random)
        let cuts = cuts(bytes)
        #expect(cuts.last == bytes.count, "seed \(seed)")
        let sizes = zip([0] + cuts, cuts).map { $1 - $0 }
        #expect(sizes.allSatisfy { $0 <= Chunker.maximum }, "seed \(seed)")
        #expect(sizes.dropLast().allSatisfy { $0 > Chunker.minimum }, "seed \(seed)")
        let mean = bytes.count / sizes.count
        #expect((Chunker.wished / 2...Chunker.wished * 2).contains(mean), "seed \(seed): \(mean)")
    }

    @Test func `equal bytes are cut at the longest chunk`() {
        let zeros = [UInt8](repeating: 0, count: Chunker.maximum * 2 + 5)
        #expect(cuts(zeros) == [Chunker.maximum, 2 * Chunker.maximum, zeros.count])
    }

    @Test(arguments: UInt64(1)...6)
    func `an insertion moves only the cuts around it`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = SnapshotFixture.bytes(4_000_000, &random)
        let place = 1_000_000 + random.below(2_000_000)
        let inserted = SnapshotFixture.bytes(1 + random.below(50), &random)
        let edited = Array(bytes[..<place]) + inserted + Array(bytes[place...])
        let before = Set(cuts(bytes).map { $0 > place ? $0 + inserted.count : $0 })
        let changed = Set(cuts(edited)).symmetricDifference(before)
        #expect(changed.count <= 12, "seed \(seed): \(changed.count) cuts moved")
    }

    @Test func `the cuts of a known content never change, or every store would grow anew`() {
        var random = SeededGenerator(seed: 42)
        let bytes = SnapshotFixture.bytes(600_000, &random)
        let known = [97_582, 167_845, 254_076, 357_442, 423_480, 512_232, 573_875, 600_000]
        #expect(cuts(bytes) == known)
    }
}
