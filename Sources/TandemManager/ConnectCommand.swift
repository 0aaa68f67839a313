package import ArgumentParser
import TandemDaemon

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
        try DaemonStartError.saying {
            try LinkCopy.connect(to: socket, of: "manager", program: "tandem-manager")
        }
    }
}
