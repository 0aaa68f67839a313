import Glibc
import TandemSystem

/// The long runs behind `make proof-table`, `proof-planner` and `proof-sim`.
///
/// Each prints what it looked at, one line for each thing that went wrong, and how long it took; the
/// exit code is 1 if anything did. A failing run names the seed that repeats it.
package enum ProofProgram {
    /// Runs the layer that the first argument names, with `NAME=NUMBER` after it.
    package static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        var numbers: [String: Int] = [:]
        for argument in arguments.dropFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { numbers[String(parts[0])] = Int(parts[1]) }
        }
        let isRight: Bool
        switch arguments.first {
        case "table": isRight = proveTable(step: numbers["STEP"] ?? 1)
        case "planner":
            isRight = provePlanner(
                steps: numbers["STEPS"] ?? 5_000_000,
                seed: UInt64(numbers["SEED"] ?? 1)
            )
        default:
            print("usage: tandem-proof table [STEP=1] | planner [STEPS=5000000] [SEED=1]")
            exit(64)
        }
        exit(isRight ? 0 : 1)
    }

    /// Prints a line at once, through a pipe, too.
    private static func say(_ words: String...) {
        print(words.joined(separator: " "))
        fflush(nil)
    }

    private static func proveTable(step: Int) -> Bool {
        let clock = Stopwatch()
        var isRight = true
        for (name, table) in [("one name", TableCheck.oneName), ("two names", .twoNames)] {
            let report = table.run(step: step)
            for failure in report.failures { say("  \(failure)") }
            say(
                "table, \(name): \(report.triples) triples, \(report.plans) plans,",
                "\(report.failures.count) failures, \(clock.seconds) s"
            )
            isRight = isRight && report.failures.isEmpty
        }
        return isRight
    }

    private static func provePlanner(steps: Int, seed: UInt64) -> Bool {
        let clock = Stopwatch()
        let report = PlannerProof.run(seed: seed, steps: steps, mostViolations: 5)
        for violation in report.violations { say("  \(violation)") }
        say(
            "planner: seed \(seed), \(report.steps) steps, \(report.runs) runs,",
            "\(report.violations.count) violations, \(clock.seconds) s"
        )
        var isRight = report.violations.isEmpty
        for bug in PlannerModel.Bug.allCases {
            let found = PlannerProof.run(seed: seed, steps: steps, bug: bug)
            let isFound = !found.violations.isEmpty
            say(
                "planner with \(bug.rawValue):",
                isFound ? "found after \(found.steps) steps" : "NOT FOUND in \(found.steps) steps"
            )
            isRight = isRight && isFound
        }
        return isRight
    }
}

/// How long something takes, in tenths of seconds.
struct Stopwatch {
    private let start = SystemTime().monotonic

    var seconds: Double {
        let tenths = (SystemTime().monotonic - start) / 100_000_000
        return Double(tenths) / 10
    }
}
