import TandemDaemon
import TandemSSH
package import TandemSystem

/// Reaches receivers over SSH, by libssh2 or by the system's own `ssh`.
package struct SSHDialer: Dialer {
    let environment: [String: String]
    /// Whether there may be a person at a terminal, to type a passphrase.
    let mayAsk: Bool

    /// Makes a dialer.
    ///
    /// - Parameters:
    ///   - environment: the variables of the process.
    ///   - mayAsk: whether a passphrase may be asked for; never in the background.
    package init(environment: [String: String], mayAsk: Bool = true) {
        self.environment = environment
        self.mayAsk = mayAsk
    }

    package func connector(
        to destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> @Sendable () throws -> any ByteLink {
        let kind = try Self.kind(of: settings)
        let remote = Self.sshDestination(destination)
        let options = options(settings)
        return { try ReceiverLink(Self.connect(kind, remote, options, trust)) }
    }

    package func shell(
        on destination: Destination,
        _ settings: ConnectionSettings,
        trust: HostTrust
    ) throws -> any RemoteShell {
        let remote = Self.sshDestination(destination)
        let options = options(settings)
        // Each script brings its own command; the kind's is not run.
        let command = ReceiverBinary.name
        let kind: SSHTransportKind =
            settings.transport == .openssh
            ? .subprocess(command: command) : .exec(command: command)
        let transport = try Self.connect(kind, remote, options, trust)
        return SSHRemoteShell(transport) { command, sink in
            if let connection = transport.connection {
                return try connection.openExec(command, standardError: sink)
            }
            return try SubprocessLink.start(command, on: remote, options, standardError: sink)
        }
    }

    private static func kind(of settings: ConnectionSettings) throws -> SSHTransportKind {
        switch settings.transport {
        case .openssh: return .subprocess(command: settings.execCommand)
        case .exec: return .exec(command: settings.execCommand)
        case .streamlocal:
            guard let path = settings.socket else {
                throw CommandError(.configuration, "the pair's settings name no socket")
            }
            return .streamlocal(path: path)
        }
    }

    static func sshDestination(_ destination: Destination) -> SSHDestination {
        SSHDestination(
            host: destination.host,
            user: destination.user,
            port: destination.port.map(Int.init)
        )
    }

    func options(_ settings: ConnectionSettings) -> SSHOptions {
        var options = SSHOptions()
        options.configurationFile = settings.sshConfiguration
        options.dedicatedKey = settings.identity
        if mayAsk { options.passphrase = TerminalSecret.passphrase }
        return options
    }

    /// Connects; an unknown host is asked about once, remembered, and connected to again.
    private static func connect(
        _ kind: SSHTransportKind,
        _ destination: SSHDestination,
        _ options: SSHOptions,
        _ trust: HostTrust
    ) throws -> SSHTransport {
        do {
            return try SSHTransport(kind, to: destination, options)
        } catch let error where error.code == .unknownHost {
            try remember(error, destination, options, trust)
            return try SSHTransport(kind, to: destination, options)
        }
    }

    /// Adds an unknown host's key to known_hosts if it is trusted; throws the error if not.
    private static func remember(
        _ error: SSHError,
        _ destination: SSHDestination,
        _ options: SSHOptions,
        _ trust: HostTrust
    ) throws {
        guard let key = error.hostKey else { throw error }
        // A jump host's key is not the vm's: it is named in the error, and only ssh adds it.
        let host = try SSHResolver.resolve(destination, options)
        guard error.subject == host.knownHostsName, let file = host.userKnownHostsFiles.first else {
            throw error
        }
        switch trust {
        case .knownHosts:
            throw Self.refusal(error, key)
        case .fingerprint(let wanted):
            guard wanted == key.fingerprint else {
                throw CommandError(
                    .permission,
                    "\(error.subject) shows the key \(key.fingerprint), not \(wanted)",
                    next: "do not connect before you know why"
                )
            }
        case .ask(let ask):
            let question = HostQuestion(
                host: error.subject,
                keyType: key.type,
                fingerprint: key.fingerprint
            )
            guard ask(question) else { throw Self.refusal(error, key) }
        }
        try KnownHostsFile.append(
            key,
            as: host.knownHostsName,
            to: file,
            hashed: host.hashKnownHosts
        )
    }

    private static func refusal(_ error: SSHError, _ key: HostKey) -> CommandError {
        CommandError(
            .permission,
            "the host \(error.subject) is not known; its key is \(key.type) \(key.fingerprint)",
            next: "compare it with the vm's own, then run `tandem pair` for it again with "
                + "--accept-host-key \(key.fingerprint)"
        )
    }
}
