package import ArgumentParser
import TandemDaemon
import TandemSystem

/// Joins standard input and output to the manager's socket, for `podman exec` and `command=`.
package struct ConnectCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Join standard input and output to the manager's socket.",
        discussion: """
            This is what an SSH exec channel runs:
              podman exec -i tandem-manager tandem-manager connect
            """
    )

    @Option(help: "The manager's socket.")
    package var socket = ServeCommand.defaultSocket

    package init() {}

    package func run() throws {
        ProcessSettings.harden()
        do {
            try LinkCopy.joinStandardStreams(to: socket)
        } catch {
            DaemonStartError(
                "no manager answers on \(socket): \(error)",
                next: "start it with `tandem-manager serve`, or give --socket PATH",
                DaemonExit.unreachable
            ).complain()
            throw ExitCode(DaemonExit.unreachable)
        }
    }
}
