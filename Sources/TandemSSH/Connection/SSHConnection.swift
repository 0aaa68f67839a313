import Dispatch
import TandemSystem

/// An authenticated SSH connection: libssh2 without sockets, on one thread of its own.
///
/// ```swift
/// let connection = try SSHConnection.connect(to: SSHDestination(host: "vm"), SSHOptions())
/// defer { connection.close() }
/// let link = try connection.openStreamlocal("/run/user/1000/tandem/receiver.sock")
/// let stripe = try connection.openExec("podman exec -i tandem-receiver tandem-receiver connect")
/// try link.write(bytes)                                   // ByteLink, from any thread
/// let count = try link.read(into: buffer, until: .distantFuture)
/// ```
///
/// - `connect` resolves the destination by `ssh -G`, goes over jump hosts and proxies, checks the
///   host key against known_hosts and never accepts an unknown one: `SSHError.unknownHost` carries
///   the key, which `KnownHostsFile.append` adds once a human said yes.
/// - `openStreamlocal`, `openExec`, `openTCP` may be called at any time and from any thread, for
///   stripes too: at 2 MiB of receive window each there is room for four.
/// - A `ChannelLink` is a `CommandLink` is a `ByteLink`; `runToEnd` runs short commands;
///   `waitForExit` and `standardErrorText` say how a program ended.
/// - When the connection is lost every link's calls throw, once with one reason: `failure`.
/// - libssh2 takes its input only through a channel: a connection without one stands, but answers
///   no keep-alive of sshd's, so open the first channel soon.
/// - `close` sends what was written, for up to a second, and returns within two.
package final class SSHConnection: Sendable {
    /// The host with all that ssh_config says about it.
    package let host: SSHHost
    /// What the handshake agreed on.
    package let algorithms: NegotiatedAlgorithms
    private let mailbox: Mailbox
    private let thread: WorkerThread
    private let tuning: SSHTuning
    /// The connection to the last jump host, which this one travels in and ends with.
    private let jump: SSHConnection?

    private init(
        _ host: SSHHost,
        _ algorithms: NegotiatedAlgorithms,
        _ mailbox: Mailbox,
        _ thread: WorkerThread,
        _ tuning: SSHTuning,
        _ jump: SSHConnection?
    ) {
        self.host = host
        self.algorithms = algorithms
        self.mailbox = mailbox
        self.thread = thread
        self.tuning = tuning
        self.jump = jump
    }

    deinit { mailbox.close() }

    /// Connects to a destination, over its jump hosts.
    ///
    /// - Parameters:
    ///   - destination: what the user wrote.
    ///   - options: what the caller decides.
    /// - Returns: the connection, ready for channels.
    /// - Throws: `SSHError`.
    package static func connect(
        to destination: SSHDestination,
        _ options: SSHOptions = SSHOptions()
    ) throws(SSHError) -> SSHConnection {
        try connect(to: try SSHResolver.resolve(destination, options), options)
    }

    /// Connects to a host that is already resolved.
    package static func connect(
        to host: SSHHost,
        _ options: SSHOptions
    ) throws(SSHError) -> SSHConnection {
        try connect(to: host, options, depth: 0)
    }

    static func connect(
        to host: SSHHost,
        _ options: SSHOptions,
        depth: Int
    ) throws(SSHError) -> SSHConnection {
        let jump = try jumpConnection(for: host, options, depth: depth)
        let route: SSHRoute =
            if let jump { .jump(jump) } else if let command = host.proxyCommand {
                .command(command)
            } else { .direct }
        do throws(SSHError) {
            return try start(host, options, route, jump)
        } catch {
            jump?.close()
            throw error
        }
    }

    private static func start(
        _ host: SSHHost,
        _ options: SSHOptions,
        _ route: SSHRoute,
        _ jump: SSHConnection?
    ) throws(SSHError) -> SSHConnection {
        let mailbox = try Mailbox()
        let thread = WorkerThread.start("ssh-session") {
            runSession(host, options, route, mailbox)
        }
        let tuning = options.tuning
        let connectSeconds = host.connectTimeout ?? tuning.connectSeconds
        // The thread has deadlines of its own for each step; this one covers a name server that
        // does not answer, which cannot be interrupted.
        let seconds = connectSeconds + tuning.handshakeSeconds + tuning.authenticationSeconds + 1
        switch mailbox.waitUntilReady(until: .now() + .seconds(seconds)) {
        case .success(let algorithms):
            return SSHConnection(host, algorithms, mailbox, thread, tuning, jump)
        case .failure(let error):
            throw error
        case nil:
            mailbox.close()
            throw SSHError(.connectTimedOut, "no answer in time", subject: host.subject)
        }
    }

    /// Opens a channel to a UNIX socket on the vm.
    ///
    /// - Throws: `SSHError`: `forwardingRefused` where sshd forwards nothing for this key,
    ///   `socketMissing` where nobody answers, or only sockets are not forwarded.
    package func openStreamlocal(_ path: String) throws(SSHError) -> ChannelLink {
        do throws(SSHError) {
            return try open(.streamlocal(path: path))
        } catch {
            guard error.code == .socketMissing, forwardsNothing else { throw error }
            throw .forwardingRefused(.streamlocal(path: path))
        }
    }

    /// sshd gives a refused socket and a missing one the same answer (9.2, serverloop.c); a port
    /// tells them apart, because there it says "prohibited".
    private var forwardsNothing: Bool {
        do throws(SSHError) {
            // Port 1 is tcpmux, which no machine has run for decades.
            try open(.tcp(host: "127.0.0.1", port: 1)).close()
            return false
        } catch {
            return error.code == .forwardingRefused
        }
    }

    /// Starts a command on the vm, by the user's login shell there.
    ///
    /// - Parameters:
    ///   - command: what the shell is given.
    ///   - standardError: is given what the command writes there, on the session's own thread, which
    ///     carries nothing else while it waits; nil keeps the last of it in the link.
    /// - Returns: the running command.
    /// - Throws: `SSHError`.
    package func openExec(
        _ command: String,
        standardError: (@Sendable ([UInt8]) -> Void)? = nil
    ) throws(SSHError) -> ChannelLink {
        try open(.exec(command: command), errorSink: standardError)
    }

    /// Opens a channel to a TCP port as the vm reaches it.
    package func openTCP(host: String, port: Int) throws(SSHError) -> ChannelLink {
        try open(.tcp(host: host, port: port))
    }

    /// Why the connection ended, or nil while it stands.
    package var failure: SSHError? { mailbox.failure }

    /// Ends the connection with all its links; later calls do nothing.
    package func close() {
        mailbox.close()
        thread.join(until: .now() + .seconds(Self.closeSeconds))
        jump?.close()
    }

    /// The grace for what was written is within this.
    private static let closeSeconds = 2

    private func open(
        _ kind: ChannelKind,
        errorSink: (@Sendable ([UInt8]) -> Void)? = nil
    ) throws(SSHError) -> ChannelLink {
        let link = ChannelLink(
            subject: kind.subject,
            wakeup: mailbox.wakeup,
            errorSink: errorSink
        )
        let request = OpenRequest(kind: kind, link: link)
        guard mailbox.request(request) else {
            throw mailbox.failure
                ?? SSHError(.closed, "the connection is closed", subject: host.subject)
        }
        let deadline = DispatchTime.now() + .seconds(tuning.openSeconds)
        switch request.answer.wait(until: deadline, for: { $0 }) {
        case .opened: return link
        case .refused(let error): throw error
        case nil:
            link.close()
            throw SSHError(.channelRefused, "the vm does not answer", subject: kind.subject)
        }
    }
}
