import TandemTestSupport

/// Many runs of a simulated pair, each from a seed of its own.
package struct PairProof {
    /// What many runs showed.
    package struct Report: Sendable {
        package var runs = 0
        package var steps = 0
        package var violations: [String] = []
        package var counts: [String: Int] = [:]
    }

    private static let stepsOfRun = 250

    /// Runs so many seeds, or until a few violations are found.
    package static func run(
        seed: UInt64,
        runs: Int,
        bug: PairBug? = nil,
        mostViolations: Int = 1
    ) -> Report {
        var report = Report()
        var seeds = SeededGenerator(seed: seed)
        while report.runs < runs && report.violations.count < mostViolations {
            let result = run(seeds.next(), bug)
            report.runs += 1
            report.steps += result.steps
            report.counts.merge(result.counts, uniquingKeysWith: +)
            if let violation = result.violation { report.violations.append(violation) }
        }
        return report
    }

    /// Runs so many seeds twice; gives the seeds whose traces differ.
    package static func runTwice(seed: UInt64, runs: Int) -> [UInt64] {
        var seeds = SeededGenerator(seed: seed)
        return (0..<runs).compactMap { _ in
            let own = seeds.next()
            return run(own, nil).trace == run(own, nil).trace ? nil : own
        }
    }

    private struct Result {
        var steps = 0
        var counts: [String: Int] = [:]
        var trace: [String] = []
        var violation: String?
    }

    private static func run(
        _ seed: UInt64,
        _ bug: PairBug?,
        followsValues: Bool = false
    ) -> Result {
        var result = Result()
        do {
            var pair = try SimulatedPair(seed: seed, bug: bug)
            pair.followsValues = followsValues
            do {
                try pair.run(steps: stepsOfRun)
            } catch {
                result.violation = "run seed \(seed), step \(pair.steps): \(error)"
            }
            (result.steps, result.counts, result.trace) = (pair.steps, pair.counts, pair.trace)
        } catch {
            result.violation = "run seed \(seed): \(error)"
        }
        return result
    }

    /// The trace of one seed, for looking at a violation.
    package static func trace(of seed: UInt64, bug: PairBug? = nil) -> [String] {
        let result = run(seed, bug, followsValues: true)
        return result.trace + [result.violation ?? "no violation"]
    }
}
