package import ArgumentParser
import TandemSnapshots

/// `tandem snapshot prune`.
package struct SnapshotPruneCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forget snapshots by retention rules and free what no other needs.",
        discussion: """
            Without --keep-… the rules are the daemon's own. A pinned snapshot
            stays, also where --forget names it: unpin it first.

              tandem snapshot prune --dry-run
              tandem snapshot prune --keep-last 5 --keep-daily 14
              tandem snapshot prune --forget 3f2a
            """
    )

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    @Option(help: ArgumentHelp("Keep the newest N snapshots.", valueName: "n"))
    package var keepLast: Int?

    @Option(help: ArgumentHelp("Keep the newest of each of N hours.", valueName: "n"))
    package var keepHourly: Int?

    @Option(help: ArgumentHelp("Keep the newest of each of N days.", valueName: "n"))
    package var keepDaily: Int?

    @Option(help: ArgumentHelp("Keep the newest of each of N weeks.", valueName: "n"))
    package var keepWeekly: Int?

    @Option(help: ArgumentHelp("Keep the newest of each of N months.", valueName: "n"))
    package var keepMonthly: Int?

    @Option(help: ArgumentHelp("Give this snapshot up, and no other by rules.", valueName: "id"))
    package var forget: [String] = []

    @Flag(name: [.customShort("n"), .long], help: "Show what would be done, and do nothing.")
    package var dryRun = false

    package init() {}

    private var counts: [Int?] { [keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly] }

    package mutating func validate() throws {
        guard counts.allSatisfy({ (0...Self.most).contains($0 ?? 0) }) else {
            throw ValidationError("--keep-… takes a number from 0 to \(Self.most)")
        }
    }

    private static let most = 1_000_000

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let policy = RetentionPolicy(
            last: keepLast ?? 0,
            hourly: keepHourly ?? 0,
            daily: keepDaily ?? 0,
            weekly: keepWeekly ?? 0,
            monthly: keepMonthly ?? 0
        )
        let isGiven = counts.contains { $0 != nil }
        let request = PruneRequest(
            policy: isGiven ? policy : nil,
            forgotten: forget,
            isDryRun: dryRun
        )
        var report = PruneReport()
        try access.ask(.prune(request)) { if case .pruned(let found) = $0 { report = found } }
        if choice.json {
            let document = SnapshotPruneDocument(pair: entry.document, report)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in SnapshotText.pruned(report, showsAll: listing.all) {
                context.console.line(line)
            }
        }
        return report.damagedPacks == 0 ? .done : .attention
    }
}

/// `tandem snapshot verify`.
package struct SnapshotVerifyCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every byte of the store and say which snapshots are hurt.",
        discussion: """
            Exit code 1 when anything is not as it was written.

              tandem snapshot verify
            """
    )

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        var report = VerificationReport()
        try access.ask(.verify) { if case .verified(let found) = $0 { report = found } }
        if choice.json {
            let document = SnapshotVerifyDocument(pair: entry.document, report)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in SnapshotText.verified(report, showsAll: listing.all) {
                context.console.line(line)
            }
        }
        return report.isClean ? .done : .attention
    }
}
