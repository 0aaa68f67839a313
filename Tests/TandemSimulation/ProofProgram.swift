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
        case "sim":
            isRight = provePair(runs: numbers["RUNS"] ?? 5_000, seed: UInt64(numbers["SEED"] ?? 1))
        case "trace":
            let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
            let bug = arguments.dropFirst(2).first.flatMap { PairBug(rawValue: $0) }
            for line in PairProof.trace(of: seed, bug: bug) { say(line) }
            isRight = true
        default:
            say(
                "usage: tandem-proof table [STEP=1] | planner [STEPS=5000000] [SEED=1]",
                "| sim [RUNS=5000] [SEED=1] | trace RUNSEED [BUG]"
            )
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

    private static func provePair(runs: Int, seed: UInt64) -> Bool {
        let clock = Stopwatch()
        let report = PairProof.run(seed: seed, runs: runs, mostViolations: 5)
        for violation in report.violations { say("  \(violation)") }
        let counts = report.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        say(
            "sim: seed \(seed), \(report.runs) runs, \(report.steps) steps",
            "(\(counts.joined(separator: ", "))),",
            "\(report.violations.count) violations, \(clock.seconds) s"
        )
        let twice = min(runs, 100)
        let unequal = PairProof.runTwice(seed: seed, runs: twice)
        say("sim: \(twice) seeds run twice, \(unequal.count) traces differ \(unequal.prefix(3))")
        var isRight = report.violations.isEmpty && unequal.isEmpty
        for bug in PairBug.allCases {
            let found = PairProof.run(seed: seed, runs: runs, bug: bug)
            let isFound = !found.violations.isEmpty
            say(
                "sim with \(bug.rawValue):",
                (isFound ? "found after" : "NOT FOUND in") + " \(found.runs) runs,",
                "\(found.steps) steps"
            )
            isRight = isRight && isFound
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
