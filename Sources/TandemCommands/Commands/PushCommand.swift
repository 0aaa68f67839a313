package import ArgumentParser
import TandemSync

/// `tandem push`: bring the vm up to what the laptop has.
package struct PushCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send the laptop's changes to the vm.",
        discussion: """
            What the vm changed itself is never overwritten: such paths are listed as
            conflicts. What is replaced or deleted on the vm is kept on its shelf, see
            `tandem recover`.

              tandem push                   the pair that this directory belongs to
              tandem push shop --wait 30s   give up after 30 s, with exit code 4
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice
    @OptionGroup package var pushing: PushChoice

    @Flag(name: [.customShort("n"), .long], help: "Show what would be done, and do nothing.")
    package var dryRun = false

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let work = PushWork(choice: choice, output: output, pushing: pushing, isPlan: dryRun)
        return try work.run(in: context)
    }
}

/// `tandem plan`: what a push would do.
package struct PlanCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a push would do; nothing is written on either side.",
        discussion: """
            The same as `tandem push --dry-run`. Where the agent keeps the pair in sync it
            is asked, and says what it would do in both directions.

              tandem plan               the pair that this directory belongs to
              tandem plan shop --json   the same for a script
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice
    @OptionGroup package var pushing: PushChoice

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let work = PushWork(choice: choice, output: output, pushing: pushing, isPlan: true)
        return try work.run(in: context)
    }
}

/// What `push` and `plan` can be told.
package struct PushChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp("Give up after DURATION (10s, 5m, 1h30m).", valueName: "duration"),
        transform: Duration.argument
    )
    package var wait: Duration?

    @Option(
        help: ArgumentHelp(
            "Accept up to N deletions where a push halted because of their number.",
            valueName: "n"
        )
    )
    package var acceptDelete: Int?

    @Flag(name: .shortAndLong, help: "Print nothing but problems.")
    package var quiet = false

    @Flag(name: .shortAndLong, help: "Print every change, and what went over the wire.")
    package var verbose = false

    package init() {}

    package mutating func validate() throws {
        if let acceptDelete, acceptDelete < 0 {
            throw ValidationError("--accept-delete takes a number of entries")
        }
        if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }
}
