/// How the sync stream reaches the receiver.
package enum SSHTransportKind: Hashable, Sendable {
    /// libssh2, to a UNIX socket on the vm.
    case streamlocal(path: String)
    /// libssh2, to a command's standard input and output.
    case exec(command: String)
    /// The system's ssh, to a command's standard input and output.
    case subprocess(command: String)
}

/// A way to the receiver that can be opened several times: once for the session, then for stripes.
package final class SSHTransport: Sendable {
    package let kind: SSHTransportKind
    /// The connection that carries the channels; nil for a subprocess, where each has its own.
    package let connection: SSHConnection?
    private let destination: SSHDestination
    private let options: SSHOptions

    /// Connects, where the kind has a connection to make.
    package init(
        _ kind: SSHTransportKind,
        to destination: SSHDestination,
        _ options: SSHOptions = SSHOptions()
    ) throws(SSHError) {
        self.kind = kind
        self.destination = destination
        self.options = options
        if case .subprocess = kind {
            connection = nil
        } else {
            connection = try SSHConnection.connect(to: destination, options)
        }
    }

    deinit { connection?.close() }

    /// Opens one more link to the receiver.
    package func open() throws(SSHError) -> any CommandLink {
        switch (kind, connection) {
        case (.streamlocal(let path), let connection?):
            return try connection.openStreamlocal(path)
        case (.exec(let command), let connection?):
            return try connection.openExec(command)
        case (.subprocess(let command), _), (.exec(let command), nil):
            return try SubprocessLink.start(command, on: destination, options)
        case (.streamlocal(let path), nil):
            throw SSHError(.closed, "there is no connection", subject: path)
        }
    }

    /// Ends the connection with all its links.
    package func close() { connection?.close() }
}
