package import ArgumentParser

/// `tandem pair`: say which two directories belong together.
package struct PairCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "pair",
        abstract: "Pair a directory of this laptop with one on a vm.",
        discussion: """
            The destination is host:path, user@host:path, ssh://user@host:port/path,
            ssh://host/~/path or podman+ssh://user@host/CONTAINER/path. The host may be an
            alias of ~/.ssh/config. Pairing the same two again changes nothing, and
            nothing is sent before `tandem push`. Without arguments tandem.yml is read.
            --deploy logs in with your own key, puts the receiver on the vm, starts it and
            uses its socket; deploying again changes only what is not in place.

              tandem pair ~/shop devvm:app --deploy
              tandem pair ~/shop devvm:/app --container tandem-receiver
              tandem pair . me@devvm:app --socket /run/user/1000/tandem/receiver.sock
            """
    )

    @Argument(help: ArgumentHelp("The directory on this laptop.", valueName: "directory"))
    package var directory: String?

    @Argument(
        help: ArgumentHelp("The directory on the vm.", valueName: "destination"),
        transform: { try Destination(parsing: $0) }
    )
    package var destination: Destination?

    @OptionGroup package var connecting: ConnectionChoice

    @OptionGroup package var deploying: DeployChoice

    @Option(help: "What to call the pair; the directory's name if left out.")
    package var name: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let pairing = try pairing(in: context)
        let result = try pairing.run()
        // Who pairs with a file names it on this laptop: that is the first approval.
        try context.approveFile(of: result.entry)
        if json {
            let pair = result.entry.document
            var document = ReceiverDocument(command: "pair", pair: pair, result.info)
            document.deployment = result.deployment.map(DeploymentDocument.init)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in result.lines { context.console.line(line) }
        }
        return .done
    }

    package mutating func validate() throws {
        if directory != nil && destination == nil {
            throw ValidationError("name the directory on the vm too: host:path")
        }
        try deploying.check(connecting, destination)
    }

    private func pairing(in context: CommandContext) throws -> Pairing {
        guard let directory, let destination else {
            let root = try context.directory(nil)
            let file = try ProjectFile(in: root)
            return try pairing(root, file.destination, connecting.filled(from: file), context, file)
        }
        return try pairing(context.absolute(directory), destination, connecting, context, nil)
    }

    private func pairing(
        _ root: String,
        _ destination: Destination,
        _ connecting: ConnectionChoice,
        _ context: CommandContext,
        _ file: ProjectFile?
    ) throws -> Pairing {
        try deploying.check(connecting, destination)
        let wish = try deploying.wish(in: context)
        return Pairing(
            root: root,
            destination: destination,
            connection: try connecting.settings(
                for: destination,
                in: context,
                deploys: wish != nil
            ),
            wish: wish,
            name: name ?? file?.name,
            trust: connecting.trust(in: context),
            context: context
        )
    }
}
