import Dispatch
import Glibc
import TandemSystem

/// How an SSH session's bytes get to the host.
enum SSHRoute: Sendable {
    case direct
    /// A TCP channel of a connection to the last jump host.
    case jump(SSHConnection)
    /// A program of the user's ssh_config that speaks on its standard input and output.
    case command(String)

    /// Reaches the host; called on the loop's thread.
    func carrier(
        to host: SSHHost,
        ringing wakeup: Wakeup,
        tuning: SSHTuning,
        until deadline: DispatchTime
    ) throws(SSHError) -> any Carrier {
        switch self {
        case .direct:
            let socket = try TCPDialer.connect(
                to: host.hostName,
                port: host.port,
                until: deadline
            )
            let carrier = SocketCarrier(socket, isTCP: true)
            if let size = tuning.sendBuffer { carrier.limitSendBuffer(to: size) }
            return carrier
        case .jump(let connection):
            let link = try connection.openTCP(host: host.hostName, port: host.port)
            return LinkCarrier(link, ringing: wakeup)
        case .command(let command):
            return try Self.start(command, for: host)
        }
    }

    /// ProxyCommand is a line for the shell (ssh_config(5)); `exec` leaves no shell behind.
    private static func start(
        _ command: String,
        for host: SSHHost
    ) throws(SSHError) -> any Carrier {
        do {
            let pair = try SocketPair()
            let child = try ChildProcess.start(
                "/bin/sh",
                ["-c", "exec \(command)"],
                descriptors: .init(input: pair.other.raw, output: pair.other.raw)
            )
            return SocketCarrier(pair.keepOwn(), isTCP: false, child: child)
        } catch {
            throw SSHError(
                .proxyFailed,
                "ProxyCommand could not start: \(error)",
                subject: host.subject,
                hint: "Try it in a terminal: \(command)"
            )
        }
    }
}
