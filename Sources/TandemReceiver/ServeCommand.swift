package import ArgumentParser
import Dispatch
import Glibc
import Logging
import TandemDaemon
import TandemFiles
import TandemHTTP
import TandemSync
import TandemSystem

/// Runs the receiver until SIGTERM or SIGINT.
package struct ServeCommand: ParsableCommand {
    package static let defaultSocket = "/run/tandem/receiver.sock"

    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve one directory to the laptops that are paired with it.",
        discussion: """
            Example, without a container:
              tandem-receiver serve --root ~/app --state ~/.local/state/tandem/receiver \\
                  --socket /run/user/1000/tandem/receiver.sock --http 127.0.0.1:8081
            The socket is made 0600 in a directory that only its owner may enter.
            """
    )

    @Option(help: "The directory kept in sync.")
    package var root: String

    @Option(help: "A directory of the receiver's own, outside the root.")
    package var state: String

    @Option(help: "The UNIX socket laptops reach through SSH; at most 100 bytes.")
    package var socket = ServeCommand.defaultSocket

    @Option(help: "Where /healthz, /readyz, /metrics and /status answer, ADDRESS:PORT.")
    package var http: String?

    @Option(help: "A directory for log files; without it lines go to standard error only.")
    package var logs: String?

    @Option(help: "One more user id whose processes may use the socket.")
    package var serveUid: UInt32?

    @Option(help: "The umask of new files and directories, octal.")
    package var umask = "077"

    package init() {}

    package func run() throws {
        ProcessSettings.harden()
        guard let mask = UInt32(umask, radix: 8), mask <= 0o777 else {
            throw ValidationError("--umask takes an octal number up to 777, not '\(umask)'")
        }
        _ = Glibc.umask(mask)
        if serveUid == PeerPolicy.overflowUID {
            throw ValidationError(
                "--serve-uid 65534 is every user the container cannot name; give the uid that "
                    + "logs in, as seen inside the container (UserNS=keep-id keeps it)"
            )
        }
        try ReceiverOutput.run { try ReceiverDaemon(options: self).run() }
    }
}
