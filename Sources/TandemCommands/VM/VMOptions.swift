package import ArgumentParser

/// Which vm a `tandem vm` command is about, and how its manager is reached.
package struct VMChoice: ParsableArguments {
    @Option(help: ArgumentHelp("The pair whose vm is meant.", valueName: "pair"))
    package var pair: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    @Option(help: "The manager's socket on the vm; found beside the receiver's if left out.")
    package var managerSocket: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    func connection(in context: CommandContext) throws -> ManagerConnection {
        var choice = PairChoice()
        choice.pair = pair
        choice.directory = directory
        let (entry, _) = try context.find(choice)
        return ManagerConnection(entry: entry, context: context, socket: managerSocket)
    }
}

/// What a command waits for.
package struct VMWait: ParsableArguments {
    @Option(
        help: "Wait this long for the end (90s, 5m); 0s does not wait.",
        transform: Duration.argument
    )
    package var wait: Duration = .seconds(180)

    package init() {}
}
