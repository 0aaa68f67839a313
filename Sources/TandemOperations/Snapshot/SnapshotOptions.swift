package import ArgumentParser
import TandemDaemon
import TandemFiles
import TandemSnapshots
import TandemTree

/// The tree a snapshot is taken of, and what of it is left out.
package struct TreeOptions: ParsableArguments {
    @Option(help: "The directory snapshots are taken of; it is only read.")
    package var root: String

    @Option(help: "A directory of the daemon's own, outside the root.")
    package var state: String

    @Option(
        help: ArgumentHelp(
            "Leave out what this line of an ignore file matches; may be given several times.",
            valueName: "pattern"
        )
    )
    package var ignore: [String] = []

    @Flag(help: "Leave out what the tree's .gitignore and .tandemignore files name as well.")
    package var gitignore = false

    @Flag(help: "Take .git in, which is left out by default.")
    package var git = false

    @Flag(help: "Take garbage and logs in, which are left out by default.")
    package var garbage = false

    package init() {}

    /// The rules, in the same order of precedence as a pair's.
    var rules: RuleSource {
        var rules = RuleSet(includesGit: git)
        if !garbage {
            rules.add(
                RuleFile(directory: .root, kind: .catalogue, content: GarbageCatalogue.rules)
            )
        }
        if !ignore.isEmpty {
            let lines = ignore.joined(separator: "\n") + "\n"
            rules.add(
                RuleFile(directory: .root, kind: .configuration, content: Array(lines.utf8))
            )
        }
        return gitignore ? .collecting(rules) : .given(rules)
    }

    func source() throws(StateError) -> SnapshotSource {
        SnapshotSource(
            root: root,
            rules: rules,
            state: try StateDirectory(at: state, on: RealFileSystem())
        )
    }
}

/// How many snapshots a prune keeps, in restic's words.
package struct KeepOptions: ParsableArguments {
    @Option(help: "Keep the newest N snapshots.")
    package var keepLast = 0

    @Option(help: "Keep the newest of each of N hours.")
    package var keepHourly = 0

    @Option(help: "Keep the newest of each of N days.")
    package var keepDaily = 0

    @Option(help: "Keep the newest of each of N weeks.")
    package var keepWeekly = 0

    @Option(help: "Keep the newest of each of N months.")
    package var keepMonthly = 0

    package init() {}

    package mutating func validate() throws {
        let counts = [keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly]
        guard counts.allSatisfy({ (0...Self.most).contains($0) }) else {
            throw ValidationError("--keep-… takes a number from 0 to \(Self.most)")
        }
    }

    private static let most = 1_000_000

    var policy: RetentionPolicy {
        RetentionPolicy(
            last: keepLast,
            hourly: keepHourly,
            daily: keepDaily,
            weekly: keepWeekly,
            monthly: keepMonthly
        )
    }
}

extension Duration {
    /// Reads what `--interval` takes.
    @Sendable
    static func option(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("write a duration such as 30s, 15m or 1h30m")
        }
        return duration
    }

    /// Whole nanoseconds; a duration of the command line is at most a year.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(seconds, 0)) * 1_000_000_000
            + UInt64(max(attoseconds, 0)) / 1_000_000_000
    }
}
