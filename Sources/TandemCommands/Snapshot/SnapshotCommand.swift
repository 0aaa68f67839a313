package import ArgumentParser

/// `tandem snapshot`: look at and restore what the snapshot daemon on the vm keeps.
package struct SnapshotCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Take, list and restore snapshots of the vm's tree.",
        discussion: """
            The snapshot daemon on the vm takes them at an interval; a snapshot is
            restored to a new place on the laptop, or in place by the vm's receiver.

              tandem snapshot now --label "before the upgrade"
              tandem snapshot ls
              tandem snapshot restore latest src --to ~/old-src
              tandem snapshot restore latest src --in-place
            """,
        subcommands: [
            SnapshotNowCommand.self, SnapshotLsCommand.self, SnapshotShowCommand.self,
            SnapshotDiffCommand.self, SnapshotRestoreCommand.self, SnapshotPruneCommand.self,
            SnapshotVerifyCommand.self, SnapshotPinCommand.self, SnapshotUnpinCommand.self,
            SnapshotExportCommand.self, SnapshotStatsCommand.self,
        ]
    )

    package init() {}
}

/// A command about the snapshots of one pair.
package protocol SnapshotSubcommand: TandemSubcommand {
    /// What all of them take.
    var choice: SnapshotChoice { get }
}

extension SnapshotSubcommand {
    package var wantsJSON: Bool { choice.json }
}

/// Which pair's snapshots, how its snapshot daemon is reached, and how the answer is shown.
package struct SnapshotChoice: ParsableArguments {
    @Option(help: "The pair's name, or a directory in it.")
    package var pair: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    @Option(
        help: ArgumentHelp(
            "Its socket on the vm; the receiver's directory with -snapshot, if not given.",
            valueName: "path"
        )
    )
    package var snapshotSocket: String?

    @Option(
        help: ArgumentHelp(
            "Run this command on the vm; it joins the snapshot daemon to its standard input.",
            valueName: "command"
        )
    )
    package var snapshotCommand: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package mutating func validate() throws {
        if snapshotSocket != nil && snapshotCommand != nil {
            throw ValidationError("--snapshot-socket and --snapshot-command exclude each other")
        }
    }

    /// The pair and the way to its snapshot daemon.
    func open(in context: CommandContext) throws -> (PairEntry, SnapshotAccess) {
        var choice = PairChoice()
        choice.pair = pair
        choice.directory = directory
        let (entry, _) = try context.find(choice)
        return (entry, try SnapshotAccess(entry, self, in: context))
    }
}
