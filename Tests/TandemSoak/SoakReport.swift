import TandemSystem
import TandemTree

/// What a run of two users did, and what was wrong afterwards.
package struct SoakReport: Sendable {
    package let seed: UInt64
    var deeds: [Side: [RandomUser.Deed: Int]] = [:]
    package internal(set) var checkouts = 0
    package internal(set) var cuts = 0
    package internal(set) var generation: UInt64 = 0
    var barrier = Barrier.Report()
    var resolved = 0
    var unresolved = 0
    var halts: [String] = []
    package internal(set) var observations = 0
    var firstSync = 0.0
    var lastSync = 0.0
    package internal(set) var values = 0
    var standing = 0
    var inRoots = 0
    var onShelves = 0
    var conflicts = 0
    var problems: [String] = []
    var attention: [String] = []
    var events: [String] = []
    /// What differs though no conflict lists it.
    var differences: [String] = []
    var gitDifferences = ""
    var torn: [String] = []
    var lost: [String] = []

    init(seed: UInt64) { self.seed = seed }

    /// What was wrong, a line each; empty when all was right.
    package var faults: [String] {
        var faults = torn.map { "torn: \($0)" }
        faults += lost.map { "lost: \($0)" }
        faults += differences.map { "differs: \($0)" }
        faults += problems.map { "problem: \($0)" }
        faults += barrier.faults.map { "not flushed: \($0)" }
        if barrier.unanswered > 0 { faults.append("\(barrier.unanswered) flushes had no answer") }
        if !gitDifferences.isEmpty { faults.append("git: \(gitDifferences)") }
        return faults
    }

    /// How many flushes came back while both sides were worked on.
    package var flushCount: Int { barrier.flushes }

    /// How many things the users did.
    package var deedCount: Int {
        deeds.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    }

    package var lines: [String] {
        let counts = Side.allCases.map { side in
            let list = RandomUser.Deed.allCases.map { "\($0.rawValue) \(deeds[side]?[$0] ?? 0)" }
            return "\(side): \(list.joined(separator: ", "))"
        }
        return counts + [
            "\(checkouts) checkouts, \(cuts) cuts, \(generation) generations, \(halts.count) halts "
                + "accepted, \(resolved) conflicts settled, \(unresolved) not, \(conflicts) open",
            "\(barrier.flushes) flushes amid the work, slowest \(barrier.slowest) s, "
                + "\(barrier.refused) refused, \(barrier.unanswered) unanswered, "
                + "\(barrier.faults.count) untrue",
            "first sync \(firstSync) s, last sync \(lastSync) s, \(observations) contents observed",
            "\(values) values, \(standing) owed: \(inRoots) in the roots, "
                + "\(onShelves) on shelves, \(lost.count) lost",
            "two-way: seed \(seed), \(deedCount) deeds, \(torn.count) torn, \(lost.count) lost, "
                + "\(differences.count) differences: "
                + (faults.isEmpty ? "right" : "WRONG"),
        ]
    }
}

/// How long something takes, in tenths of seconds.
struct Stopwatch {
    private let start = SystemTime().monotonic

    var seconds: Double {
        Double((SystemTime().monotonic - start) / 100_000_000) / 10
    }
}
