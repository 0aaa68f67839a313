package import ArgumentParser
import TandemDaemon
import TandemSystem

/// Joins standard input and output to the receiver's socket, for `podman exec` and `command=`.
package struct ConnectCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Join standard input and output to the receiver's socket.",
        discussion: """
            This is what an SSH exec channel runs:
              podman exec -i tandem-receiver tandem-receiver connect
            """
    )

    @Option(help: "The receiver's socket.")
    package var socket = ServeCommand.defaultSocket

    package init() {}

    package func run() throws {
        ProcessSettings.harden()
        do {
            try LinkCopy.joinStandardStreams(to: socket)
        } catch {
            ReceiverOutput.complain(
                "no receiver answers on \(socket): \(error)",
                next: "start it with `tandem-receiver serve`, or give --socket PATH"
            )
            throw ExitCode(DaemonExit.unreachable)
        }
    }
}
