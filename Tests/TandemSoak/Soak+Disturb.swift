import TandemSystem
import TandemTestSupport

/// What happens beside the users' work: branches, cut links, conflicts that are settled, halts.
extension Soak {
    /// Until the time is up.
    func disturb(
        _ git: inout GitUser,
        _ report: inout SoakReport,
        _ barrier: Barrier
    ) throws {
        var random = SeededGenerator(seed: seed &+ 99)
        let clock = Stopwatch()
        var told = 0
        var turn = 0
        var nextCut = cutPause(&random) / 2
        while clock.seconds < Double(size.seconds) {
            _ = pause(microseconds: 200_000 + random.below(600_000))
            turn += 1
            if turn % 6 == 2 { try git.change() }
            if clock.seconds >= nextCut {
                pair.cut()
                report.cuts += 1
                nextCut = clock.seconds + cutPause(&random)
            }
            if random.chance(3) { try settle(&random, &report) }
            if turn % 3 == 0 { try goOnAfterHalt(&report) }
            guard Int(clock.seconds) / size.sayEach > told else { continue }
            told = Int(clock.seconds) / size.sayEach
            try tell(clock.seconds, report, barrier.report)
        }
    }

    /// The seconds to the next cut: enough that a large tree is compared in between.
    private func cutPause(_ random: inout SeededGenerator) -> Double {
        let shortest = 3 + Double(size.files) / 2_000
        return shortest + shortest * Double(random.below(1_000)) / 1_000
    }

    private func tell(_ seconds: Double, _ report: SoakReport, _ flushes: Barrier.Report) throws {
        let standing = try pair.standing()
        let parts = [
            "\(Int(seconds)) s: \(deedCount) deeds, \(ledger.count) values",
            "generation \(standing.generation), \(report.cuts) cuts",
            "\(flushes.flushes) flushes (slowest \(flushes.slowest) s, "
                + "\(flushes.unanswered) unanswered)",
            "\(standing.conflicts.count) conflicts, \(standing.headline)",
            pair.memory,
        ]
        say(parts.filter { !$0.isEmpty }.joined(separator: "; "))
    }

    private func settle(_ random: inout SeededGenerator, _ report: inout SoakReport) throws {
        let (choice, keep) = (random.below(1 << 20), SoakKeep.allCases[random.below(3)])
        guard let isSettled = try pair.settle(choice: choice, keep: keep) else { return }
        if isSettled { report.resolved += 1 } else { report.unresolved += 1 }
    }

    /// Says to a halt what a person would who deleted that much on purpose.
    func goOnAfterHalt(_ report: inout SoakReport) throws {
        guard let halt = try pair.standing().halt else { return }
        report.halts.append(halt)
        try pair.acceptDeletions()
    }
}
