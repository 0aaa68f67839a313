package import ArgumentParser
import TandemSnapshots
import TandemSystem

/// `tandem snapshot now`.
package struct SnapshotNowCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "now",
        abstract: "Take a snapshot of the vm's tree.",
        discussion: """
              tandem snapshot now
              tandem snapshot now --label "before the upgrade"
            """
    )

    @OptionGroup package var choice: SnapshotChoice

    @Option(help: "What to call it.")
    package var label = ""

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let info = try access.snapshot(.take(reason: .request, label: label))
        try show(info, "snapshot now", entry, asJSON: choice.json, in: context)
        return info.manifest.problemCount == 0 ? .done : .attention
    }
}

/// `tandem snapshot ls`.
package struct SnapshotLsCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the snapshots, newest first.",
        discussion: """
              tandem snapshot ls
              tandem snapshot ls --pair shop --all
            """
    )

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        var all: [SnapshotInfo] = []
        try access.ask(.list) { if case .snapshot(let info) = $0 { all.append(info) } }
        all.reverse()
        if choice.json {
            let document = SnapshotListDocument(pair: entry.document, all)
            context.console.document(try JSONDocument.text(document))
        } else {
            let text = SnapshotText(all, now: context.time.wall, showsAll: listing.all)
            for line in text.lines { context.console.line(line) }
        }
        return .done
    }
}

/// `tandem snapshot pin`.
package struct SnapshotPinCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Keep a snapshot whatever the retention rules say.",
        discussion: "  tandem snapshot pin 3f2a"
    )

    @Argument(help: "The start of the snapshot's id, or latest.")
    package var id: String

    @OptionGroup package var choice: SnapshotChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let info = try access.snapshot(.pin(id: id, isPinned: true))
        try show(info, "snapshot pin", entry, asJSON: choice.json, in: context)
        return .done
    }
}

/// `tandem snapshot unpin`.
package struct SnapshotUnpinCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Leave a snapshot to the retention rules again.",
        discussion: "  tandem snapshot unpin 3f2a"
    )

    @Argument(help: "The start of the snapshot's id, or latest.")
    package var id: String

    @OptionGroup package var choice: SnapshotChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let info = try access.snapshot(.pin(id: id, isPinned: false))
        try show(info, "snapshot unpin", entry, asJSON: choice.json, in: context)
        return .done
    }
}

/// Shows one snapshot as the result of a command.
private func show(
    _ info: SnapshotInfo,
    _ command: String,
    _ entry: PairEntry,
    asJSON json: Bool,
    in context: CommandContext
) throws {
    if json {
        let document = SnapshotDocument(command: command, pair: entry.document, info)
        context.console.document(try JSONDocument.text(document))
    } else {
        for line in SnapshotText.one(info, now: context.time.wall) { context.console.line(line) }
    }
}
