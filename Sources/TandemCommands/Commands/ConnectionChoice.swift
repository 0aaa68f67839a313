package import ArgumentParser

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
        in context: CommandContext,
        deploys: Bool = false
    ) throws(CommandError) -> ConnectionSettings {
        if container != nil && destination.container != nil {
            throw CommandError(.usage, "--container and podman+ssh:// exclude each other")
        }
        // What a deployment makes is not known yet: socket and command are filled in after it.
        var settings =
            deploys
            ? ConnectionSettings(transport: transport ?? .streamlocal)
            : try ConnectionSettings.chosen(
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
