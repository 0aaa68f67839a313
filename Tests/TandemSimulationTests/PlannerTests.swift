import TandemSimulation
import TandemTestSupport
import Testing

struct PlannerTests {
    private static let steps = setting("STEPS", default: 120_000)
    private static let seed = UInt64(setting("SEED", default: 1))

    @Test(.tags(.property), arguments: 0..<2 as Range<UInt64>)
    func `random users, crashes and accidents break no promise of the planner`(share: UInt64) {
        let report = PlannerProof.run(seed: Self.seed &+ share << 32, steps: Self.steps / 2)
        #expect(report.runs > 10)
        #expect(report.violations.isEmpty, "seed \(Self.seed)")
    }

    @Test(.tags(.property), arguments: PlannerModel.Bug.allCases)
    func `a mistake put in on purpose is found`(bug: PlannerModel.Bug) {
        let report = PlannerProof.run(seed: Self.seed, steps: 200_000, bug: bug)
        #expect(report.violations.count == 1)
        print("planner: \(bug.rawValue) found after \(report.steps) steps")
    }
}
