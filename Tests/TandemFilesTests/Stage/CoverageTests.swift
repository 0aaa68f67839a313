import TandemTestSupport
import Testing

@testable import TandemFiles

struct CoverageTests {
    @Test(.tags(.property)) func `pieces in any order cover exactly what they are`() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var coverage = Coverage()
            var bytes = [Bool](repeating: false, count: 64)
            for _ in 0..<24 {
                let start = random.below(64)
                let end = start + random.below(65 - start)
                let accepted = coverage.insert(UInt64(start)..<UInt64(end))
                #expect(accepted)
                for index in start..<end { bytes[index] = true }
                let prefix = bytes.firstIndex(of: false) ?? bytes.count
                #expect(coverage.prefix == UInt64(prefix), "seed \(seed)")
            }
        }
    }

    @Test func `more gaps than any honest sender makes are refused`() {
        var coverage = Coverage()
        let accepted = (0..<10_000 as Range<UInt64>).allSatisfy {
            coverage.insert(($0 * 2)..<($0 * 2 + 1))
        }
        #expect(!accepted)
    }
}
