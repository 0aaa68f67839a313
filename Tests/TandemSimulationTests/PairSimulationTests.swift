import TandemSimulation
import TandemTestSupport
import Testing

struct PairSimulationTests {
    private static let runs = setting("RUNS", default: 200)
    private static let seed = UInt64(setting("SEED", default: 1))

    @Test(.tags(.property, .crash), arguments: 0..<2 as Range<UInt64>)
    func `both ends survive users, crashes, cuts and lost events`(share: UInt64) {
        let report = PairProof.run(seed: Self.seed &+ share << 32, runs: Self.runs / 2)
        #expect(report.violations.isEmpty, "seed \(Self.seed)")
        print("sim: \(report.runs) runs, \(report.steps) steps, \(report.counts)")
    }

    @Test(.tags(.property)) func `a seed gives one trace`() {
        #expect(PairProof.runTwice(seed: Self.seed, runs: 5) == [])
    }

    @Test(.tags(.property), arguments: PairBug.allCases)
    func `a mistake put in on purpose is found in a simulated pair`(bug: PairBug) {
        let report = PairProof.run(seed: Self.seed, runs: 400, bug: bug)
        #expect(report.violations.count == 1)
        print("sim: \(bug.rawValue) found after \(report.runs) runs, \(report.steps) steps")
    }
}
