import TandemSoak
import Testing

struct SoakTests {
    @Test func `two users, git and cut links leave both sides the same and lose nothing`() throws {
        let seed = UInt64.random(in: 0...999_999)

        let report = try Soak(InProcessPair(), size: .short, seed: seed, say: { _ in }).run()

        #expect(report.faults.isEmpty, "\(report.lines.joined(separator: "\n"))")
        #expect(report.deedCount > 30 && report.observations > 30, "seed \(seed)")
        #expect(report.checkouts > 0 && report.cuts > 0 && report.generation > 1, "seed \(seed)")
        print(report.lines.joined(separator: "\n"))
    }
}
