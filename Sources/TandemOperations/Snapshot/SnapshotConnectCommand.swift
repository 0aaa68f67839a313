package import ArgumentParser
import Dispatch
import TandemDaemon
import TandemHTTP
import TandemSystem

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
        ProcessSettings.harden()
        do {
            try LinkCopy.joinStandardStreams(to: socket)
        } catch {
            SnapshotOutput.complain(
                "no snapshot daemon answers on \(socket): \(error)",
                next: "start it with `tandem-snapshot serve`, or give --socket PATH"
            )
            throw ExitCode(DaemonExit.unreachable)
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
        do {
            let deadline = DispatchTime.now() + .seconds(max(1, timeout))
            let answer = try HTTPClientOnce.get("/readyz", from: address, by: deadline)
            guard answer.status == 200 else {
                SnapshotOutput.complain(
                    "not ready: \(String(decoding: answer.body, as: UTF8.self))",
                    next: "see the daemon's log, and whether tree and store are mounted"
                )
                throw ExitCode(DaemonExit.failed)
            }
            print(String(decoding: answer.body, as: UTF8.self), terminator: "")
        } catch let failure as HTTPFailure {
            SnapshotOutput.complain(
                "no answer from \(address): \(failure)",
                next: "start the snapshot daemon, or give --http ADDRESS:PORT"
            )
            throw ExitCode(DaemonExit.unreachable)
        }
    }
}
