import TandemDaemon

/// How the laptop reaches a pair's receiver; kept with the pair.
package struct ConnectionSettings: Codable, Hashable, Sendable {
    /// What carries the stream.
    package enum Transport: String, Codable, Sendable, CaseIterable {
        /// The receiver's socket, opened by sshd.
        case streamlocal
        /// A command on the vm that joins the receiver's socket.
        case exec
        /// The same command, by the system's own `ssh`.
        case openssh
    }

    package var transport: Transport
    /// The receiver's socket on the vm, absolute.
    package var socket: String?
    /// What runs on the vm.
    package var command: String?
    /// A private key to log in with instead of the configured ones, absolute.
    package var identity: String?
    /// An ssh configuration to use instead of the user's, absolute.
    package var sshConfiguration: String?

    package init(
        transport: Transport,
        socket: String? = nil,
        command: String? = nil,
        identity: String? = nil,
        sshConfiguration: String? = nil
    ) {
        self.transport = transport
        self.socket = socket
        self.command = command
        self.identity = identity
        self.sshConfiguration = sshConfiguration
    }

    /// What sshd reads of a line of authorized_keys (8 KiB, SSH_MAX_PUBKEY_BYTES).
    private var longestPublicKey: Int { 8192 }

    /// What the vm runs where no command is given.
    static let connectCommand = "tandem-receiver connect"

    /// What an exec channel runs.
    package var execCommand: String {
        if let command { return command }
        return socket.map { "\(Self.connectCommand) --socket \($0)" } ?? Self.connectCommand
    }

    /// The public half of the pair's own key, from the file beside it.
    package var publicKey: String? {
        guard let identity,
            let bytes = try? AtomicFile.read("\(identity).pub", limit: longestPublicKey)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }

    /// The command that joins the receiver in a container.
    package static func command(inContainer name: String) -> String {
        "podman exec -i \(name) \(connectCommand)"
    }

    /// Decides the transport from what a user gave.
    ///
    /// - Throws: `CommandError` (usage) where the parts contradict each other.
    package static func chosen(
        transport: Transport?,
        socket: String?,
        container: String?,
        command: String?
    ) throws(CommandError) -> ConnectionSettings {
        let parts = [(socket, "--socket"), (container, "a container"), (command, "--command")]
        let given = parts.filter { $0.0 != nil }.map(\.1)
        guard given.count <= 1 else {
            throw CommandError(.usage, "\(given.joined(separator: " and ")) exclude each other")
        }
        let kind = transport ?? (socket == nil ? .exec : .streamlocal)
        if kind == .streamlocal && socket == nil {
            throw CommandError(
                .usage,
                "the streamlocal transport needs the receiver's socket",
                next: "add --socket /run/user/1000/tandem/receiver.sock (the path on the vm)"
            )
        }
        if let socket { try check(socket: socket) }
        return ConnectionSettings(
            transport: kind,
            socket: socket,
            command: command ?? container.map(Self.command(inContainer:))
        )
    }

    /// sshd and a login shell read the path: absolute, short, and one word.
    private static func check(socket: String) throws(CommandError) {
        let isWord = socket.allSatisfy { character in
            character.isASCII && (character.isLetter || character.isNumber)
                || "/._-+@".contains(character)
        }
        guard socket.hasPrefix("/"), isWord, socket.utf8.count <= maximumSocketPath else {
            throw CommandError(
                .usage,
                "\(socket) is not a socket's path on the vm",
                next: "give an absolute path of letters, digits and /._-+@, 100 bytes at most"
            )
        }
    }

    /// What every kernel takes (sun_path of unix(7) is 108 bytes on Linux, 104 on macOS).
    private static let maximumSocketPath = 100
}
