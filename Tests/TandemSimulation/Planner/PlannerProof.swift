import TandemTestSupport

/// Many runs of the planner's model, each from a seed of its own.
package struct PlannerProof {
    /// What many runs showed.
    package struct Report: Sendable {
        package var steps = 0
        package var runs = 0
        package var violations: [String] = []
    }

    /// How many steps a run has: long enough for accidents, short enough to read.
    private static let stepsOfRun = 150

    /// Runs until so many steps are taken, or a few violations are found.
    package static func run(
        seed: UInt64,
        steps: Int,
        bug: PlannerModel.Bug? = nil,
        mostViolations: Int = 1
    ) -> Report {
        var report = Report()
        var seeds = SeededGenerator(seed: seed)
        while report.steps < steps && report.violations.count < mostViolations {
            let runSeed = seeds.next()
            var model = PlannerModel(seed: runSeed, bug: bug)
            do {
                try model.run(steps: stepsOfRun)
            } catch {
                report.violations.append("run seed \(runSeed), step \(model.steps): \(error)")
            }
            report.steps += model.steps
            report.runs += 1
        }
        return report
    }
}
