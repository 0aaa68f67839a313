package import ArgumentParser
import TandemDaemon

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
        try ReceiverOutput.run {
            try LinkCopy.connect(to: socket, of: "receiver", program: "tandem-receiver")
        }
    }
}
