package import ArgumentParser
import TandemDaemon
import TandemHTTP

/// Joins standard input and output to the snapshot daemon's socket.
package struct SnapshotConnectCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Join standard input and output to the snapshot daemon's socket.",
        discussion: """
            This is what an SSH exec channel runs:
              podman exec -i tandem-snapshot tandem-snapshot connect
            """
    )

    @Option(help: "The snapshot daemon's socket.")
    package var socket = SnapshotServeCommand.defaultSocket

    package init() {}

    package func run() throws {
        try SnapshotOutput.run {
            try LinkCopy.connect(to: socket, of: "snapshot daemon", program: "tandem-snapshot")
        }
    }
}

/// Asks a running snapshot daemon whether it can work; what a container's health check runs.
package struct SnapshotHealthCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the snapshot daemon whether it is ready; exit 0 when it is.",
        discussion: """
            Example:
              tandem-snapshot health --http 127.0.0.1:8080
            """
    )

    @Option(help: "Where the daemon's HTTP answers, ADDRESS:PORT.")
    package var http = "127.0.0.1:8080"

    @Option(help: "How long to wait, in seconds.")
    package var timeout = 3

    package init() {}

    package func run() throws {
        let address = try HTTPOption.parse(http)
        try SnapshotOutput.run {
            switch ReadyAnswer.ask(address, seconds: timeout) {
            case .ready(let text): print(text, terminator: "")
            case .notReady(let text):
                throw DaemonStartError(
                    what: "not ready: \(text)",
                    next: "see the daemon's log, and whether tree and store are mounted",
                    exitCode: DaemonExit.failed
                )
            case .silent(let failure):
                throw DaemonStartError(
                    what: "no answer from \(address): \(failure)",
                    next: "start the snapshot daemon, or give --http ADDRESS:PORT",
                    exitCode: DaemonExit.unreachable
                )
            }
        }
    }
}
