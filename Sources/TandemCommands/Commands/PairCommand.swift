package import ArgumentParser
import TandemDaemon
import TandemSync
import TandemSystem

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

    @Option(help: "What to call the pair; the directory's name if left out.")
    package var name: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let result = try pairing(in: context).run()
        if json {
            let pair = result.entry.document
            let document = ReceiverDocument(command: "pair", pair: pair, result.info)
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
    }

    private func pairing(in context: CommandContext) throws -> Pairing {
        guard let directory, let destination else {
            let root = context.currentDirectory
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
        Pairing(
            root: root,
            destination: destination,
            connection: try connecting.settings(for: destination, in: context),
            name: name ?? file?.name,
            trust: connecting.trust(in: context),
            context: context
        )
    }
}

/// The steps of `pair`, from the checks to the record.
struct Pairing {
    /// A pair that the receiver knows now.
    struct Result {
        var entry: PairEntry
        var info: ReceiverInfo
        var wasKnown: Bool
        var key: KeyModel

        var lines: [StyledText] {
            let verb = wasKnown ? "paired already" : "paired"
            return [
                StyledText(verb, .good)
                    + StyledText(" as \(entry.name): \(entry.root) → \(entry.destination)"),
                StyledText(
                    "  \(info.receiver), protocol \(info.protocolVersion), "
                        + "\(Quantities.bytes(info.freeBytes)) free on the vm"
                ),
            ] + key.lines + [StyledText("  next: tandem plan \(entry.name)")]
        }
    }

    let root: String
    let destination: Destination
    let connection: ConnectionSettings
    let name: String?
    let trust: HostTrust
    let context: CommandContext

    func run() throws -> Result {
        try LocalPath.requireDirectory(root)
        let catalogue = try context.openCatalogue()
        let own = context.directories
        let admission = PairAdmission(
            pairs: try catalogue.pairs(),
            ownDirectories: [own.state, own.logs, own.cache, own.runtime]
        )
        let decision = try admission.decide(
            root: root,
            destination: destination,
            connection: connection,
            name: name
        )
        let entry = self.entry(for: decision)
        let info = try register(entry)
        try catalogue.keep(entry)
        var wasKnown = false
        if case .known = decision { wasKnown = true }
        let key = KeyModel(settings: connection, publicKey: connection.publicKey)
        return Result(entry: entry, info: info, wasKnown: wasKnown, key: key)
    }

    private func entry(for decision: PairAdmission.Decision) -> PairEntry {
        switch decision {
        case .known(let entry), .reconnect(let entry): entry
        case .new(let name):
            PairEntry(
                name: name,
                id: Self.randomID(),
                root: root,
                destination: destination,
                connection: connection
            )
        }
    }

    private func register(_ entry: PairEntry) throws -> ReceiverInfo {
        do {
            let connect = try context.dialer.connector(
                to: entry.destination,
                entry.connection,
                trust: trust
            )
            let target = SyncTarget(pair: context.laptopPair(entry), connect: connect)
            return try context.locked(entry) { try context.engine.register(target) }
        } catch {
            throw CommandError(error, at: "\(entry.destination)")
        }
    }

    /// 16 bytes, as the protocol names pairs.
    private static func randomID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

/// How a receiver is reached, as options of `pair` and `init`.
package struct ConnectionChoice: ParsableArguments {
    @Option(help: "Open this socket of the receiver on the vm, over SSH.")
    package var socket: String?

    @Option(help: "The Podman container that runs the receiver.")
    package var container: String?

    @Option(help: "Run this command on the vm; it joins the receiver to its standard input.")
    package var command: String?

    @Option(help: "What carries the stream: streamlocal, exec or openssh (the system's ssh).")
    package var transport: ConnectionSettings.Transport?

    @Option(help: "Log in with this private key only.")
    package var identity: String?

    @Option(help: "Use this ssh configuration instead of your own.")
    package var sshConfig: String?

    @Option(
        help: ArgumentHelp(
            "Accept a host that is not known if its key has this fingerprint (SHA256:…).",
            valueName: "fingerprint"
        )
    )
    package var acceptHostKey: String?

    package init() {}

    package mutating func validate() throws {
        if let acceptHostKey, !acceptHostKey.hasPrefix("SHA256:") {
            throw ValidationError("--accept-host-key takes SHA256:… as ssh-keygen -lf prints it")
        }
        if let container { _ = try Destination.checked(container: container) }
    }

    /// What the command line leaves open, from the project's file.
    func filled(from file: ProjectFile) -> ConnectionChoice {
        var filled = self
        if socket == nil && command == nil { filled.container = container ?? file.container }
        filled.identity = identity ?? file.identity
        filled.transport = transport ?? file.transport
        return filled
    }

    func settings(
        for destination: Destination,
        in context: CommandContext
    ) throws(CommandError) -> ConnectionSettings {
        if container != nil && destination.container != nil {
            throw CommandError(.usage, "--container and podman+ssh:// exclude each other")
        }
        var settings = try ConnectionSettings.chosen(
            transport: transport,
            socket: socket,
            container: container ?? destination.container,
            command: command
        )
        settings.identity = try readable(identity, "a private key", context)
        settings.sshConfiguration = try readable(sshConfig, "an ssh configuration", context)
        return settings
    }

    func trust(in context: CommandContext) -> HostTrust {
        if let acceptHostKey { return .fingerprint(acceptHostKey) }
        guard context.console.canAsk else { return .knownHosts }
        let console = context.console
        return .ask { question in
            console.note(StyledText("\(question.host) is not known yet. Its key is", .strong))
            console.note(StyledText("  \(question.keyType) \(question.fingerprint)"))
            console.note("  Compare it with what the vm itself says, in its console:")
            console.note("  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
            return console.confirm("Is it the same?")
        }
    }

    private func readable(
        _ path: String?,
        _ what: String,
        _ context: CommandContext
    ) throws(CommandError) -> String? {
        guard let path else { return nil }
        let absolute = context.absolute(path)
        guard LocalPath.isReadable(absolute) else {
            throw CommandError(.usage, "\(absolute) is not \(what) that you may read")
        }
        return absolute
    }
}

extension ConnectionSettings.Transport: ExpressibleByArgument {}
