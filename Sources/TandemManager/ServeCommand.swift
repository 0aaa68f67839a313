package import ArgumentParser
import Glibc
import TandemDaemon
import TandemSystem

/// Runs the manager until SIGTERM or SIGINT.
package struct ServeCommand: ParsableCommand {
    package static let defaultSocket = "/run/tandem/manager.sock"

    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watch containers, and answer about them on a UNIX socket.",
        discussion: """
            Example, without a container:
              tandem-manager serve --podman-socket /run/user/1000/podman/podman.sock \\
                  --socket /run/user/1000/tandem-manager/manager.sock \\
                  --state ~/.local/state/tandem/manager --logs ~/.local/state/tandem/logs \\
                  --watch tandem-receiver --watch tandem-snapshot
            The socket is made 0600 in a directory that only its owner may enter.
            """
    )

    @Option(help: "Podman's own socket.")
    package var podmanSocket: String

    @Option(help: "The UNIX socket laptops reach through SSH; at most 100 bytes.")
    package var socket = ServeCommand.defaultSocket

    @Option(help: "A directory of the manager's own: the images that ran before.")
    package var state: String

    @Option(help: "A directory for log files; without it lines go to standard error only.")
    package var logs: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The containers that are watched.", valueName: "name")
    )
    package var watch: [String]

    @Option(help: "How often they are looked at, in milliseconds.")
    package var interval = 5_000

    @Option(help: "How long a new image may take to become healthy, in seconds.")
    package var rolloutTimeout = 60

    @Option(
        help: "How long a container's first restart waits, in milliseconds; each further doubles."
    )
    package var firstDelay = 1_000

    @Option(help: "How many restarts in a row are tried before a person has to look.")
    package var attempts = 10

    @Option(help: "One more user id whose processes may use the socket.")
    package var serveUid: UInt32?

    package init() {}

    package mutating func validate() throws {
        for (name, value) in [
            ("--interval", interval), ("--rollout-timeout", rolloutTimeout),
            ("--first-delay", firstDelay), ("--attempts", attempts),
        ] where value < 1 || value > 86_400_000 {
            throw ValidationError("\(name) takes a number from 1 to 86400000, not \(value)")
        }
    }

    package func run() throws {
        ProcessSettings.harden()
        _ = Glibc.umask(0o077)
        if serveUid == PeerPolicy.overflowUID {
            throw ValidationError(
                "--serve-uid 65534 is every user the container cannot name; give the uid that "
                    + "logs in, as seen inside the container (UserNS=keep-id keeps it)"
            )
        }
        try DaemonStartError.saying { try ManagerDaemon(options: self).run() }
    }
}
