package import ArgumentParser

/// The `tandem-receiver` program: the VM agent, and the small commands around it.
package struct ReceiverProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tandem-receiver",
        abstract: "Apply what a laptop pushes to a directory of this machine.",
        discussion: """
            Runs inside its container; SSH brings the laptop to its socket. Nothing here opens a \
            port for sync, and nothing that comes over the socket is executed.
            """,
        version: ReceiverVersion.text,
        subcommands: [
            ServeCommand.self, ConnectCommand.self, HealthCommand.self, GarbageCommand.self,
        ]
    )

    package init() {}

    /// Parses the command line and runs what it asks for.
    package static func start() { main() }
}

/// The version this program tells laptops and people.
package enum ReceiverVersion {
    package static let text = "0.1.0"
}
