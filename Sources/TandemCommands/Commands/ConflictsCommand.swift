package import ArgumentParser
package import TandemControl
import TandemStore
import TandemSystem
import TandemTree

/// `tandem conflicts`: look at what both sides changed, and settle it.
package struct ConflictsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "List what both sides changed, show it, and settle it.",
        discussion: """
            A conflict blocks nothing else, and stays until you end it. Its number stays the
            same for as long as it is open. Settling is bound to what you were shown: where
            a side changed since, it is refused. What loses goes to that side's shelf.

              tandem conflicts                          list them
              tandem conflicts diff 1                   compare both sides' text
              tandem conflicts resolve 1 --keep laptop  settle one
            """,
        subcommands: [
            ConflictsListCommand.self, ConflictsShowCommand.self, ConflictsDiffCommand.self,
            ConflictsResolveCommand.self,
        ],
        defaultSubcommand: ConflictsListCommand.self
    )

    package init() {}
}

/// `tandem conflicts list`.
package struct ConflictsListCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the open conflicts with their numbers.",
        discussion: """
              tandem conflicts list
              tandem conflicts list shop --json
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let desk = try ConflictDesk(choice, context)
        defer { desk.close() }
        let records = try desk.records()
        let shown = output.all || output.json ? records[...] : records.prefix(Self.listLimit)
        if output.json {
            context.console.document(
                try JSONDocument.text(ConflictsDocument("list", desk.entry, records))
            )
        } else {
            let text = ConflictListText(
                records: Array(shown),
                total: records.count,
                name: desk.entry.name,
                now: context.time.wall
            )
            for line in text.lines { context.console.line(line) }
        }
        try desk.noteShown(Array(shown))
        return records.isEmpty ? .done : .attention
    }

    /// More than a screen is asked for with `--all`.
    private static let listLimit = 100
}

/// `tandem conflicts show`.
package struct ConflictsShowCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what both sides hold at a path in conflict.",
        discussion: """
              tandem conflicts show 1
              tandem conflicts show 1 shop --json
            """
    )

    @Argument(help: ArgumentHelp("The conflict's number.", valueName: "n"))
    package var number: Int

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let desk = try ConflictDesk(choice, context)
        defer { desk.close() }
        let record = try desk.record(number)
        let sides = try desk.contents(record)
        if output.json {
            var document = ConflictsDocument("show", desk.entry, [record])
            document.conflicts[0].take(sides)
            context.console.document(try JSONDocument.text(document))
        } else {
            let text = ConflictText(record: record, sides: sides, now: context.time.wall)
            for line in text.lines(all: output.all) { context.console.line(line) }
        }
        try desk.noteShown([record])
        return .attention
    }
}

/// `tandem conflicts diff`.
package struct ConflictsDiffCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare both sides of a conflict, as `diff -u` does: laptop first.",
        discussion: """
              tandem conflicts diff 1
              tandem conflicts diff 1 > config.patch
            """
    )

    @Argument(help: ArgumentHelp("The conflict's number.", valueName: "n"))
    package var number: Int

    @OptionGroup package var choice: PairChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let desk = try ConflictDesk(choice, context)
        defer { desk.close() }
        let record = try desk.record(number)
        let text = ConflictDiffText(record: record, sides: try desk.contents(record))
        if json {
            var document = ConflictsDocument("diff", desk.entry, [record])
            document.conflicts[0].diff = text.lines.map { escaped($0.plain.utf8) }
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in text.lines { context.console.line(line) }
        }
        try desk.noteShown([record])
        return .attention
    }
}

/// `tandem conflicts resolve`.
package struct ConflictsResolveCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Settle conflicts by number or by a pattern of paths.",
        discussion: """
            Both: the laptop's version stays at the path, the vm's is put beside it.
            A pattern is one of .gitignore; what was never listed is not settled.

              tandem conflicts resolve 1 3 --keep laptop
              tandem conflicts resolve 'docs/**' --keep both --pair shop
            """
    )

    @Argument(help: ArgumentHelp("Numbers, or patterns of paths.", valueName: "n|pattern"))
    package var which: [String]

    @Option(help: "Whose version stays: laptop, vm or both.")
    package var keep: Settlement.Keep

    @Option(help: "The pair's name, or a directory in it.")
    package var pair: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    @Option(
        help: ArgumentHelp("Give up after DURATION (10s, 5m, 1h30m).", valueName: "duration"),
        transform: Duration.argument
    )
    package var wait: Duration = .seconds(60)

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        var choice = PairChoice()
        choice.pair = pair
        choice.directory = directory
        let desk = try ConflictDesk(choice, context)
        defer { desk.close() }
        let chosen = try ConflictSelection(which).choose(from: try desk.records())
        let left = try desk.resolve(chosen, keep: keep, wait: wait)
        let stillOpen = Set(left.map(\.path.path))
        let open = chosen.filter { stillOpen.contains($0.conflict.path) }
        let settled = chosen.filter { !stillOpen.contains($0.conflict.path) }
        if json {
            var document = ConflictsDocument("resolve", desk.entry, settled)
            document.left = left.count
            context.console.document(try JSONDocument.text(document))
        } else {
            for record in settled {
                context.console.line("settled \(record.number)  \(record.conflict.path)")
            }
            for record in open {
                context.console.line(
                    StyledText("still open: \(record.number)  \(record.conflict.path)", .warning)
                )
            }
            context.console.line("\(Quantities.count(left.count, "conflict")) left")
        }
        return open.isEmpty ? .done : .attention
    }
}

extension Settlement.Keep: ExpressibleByArgument {}
