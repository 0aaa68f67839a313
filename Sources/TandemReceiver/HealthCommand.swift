package import ArgumentParser
import Dispatch
import TandemDaemon
import TandemHTTP

/// Asks a running receiver whether it can work; what a container's health check runs.
package struct HealthCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the receiver whether it is ready; exit 0 when it is.",
        discussion: """
            Example:
              tandem-receiver health --http 127.0.0.1:8080
            """
    )

    @Option(help: "Where the receiver's HTTP answers, ADDRESS:PORT.")
    package var http = "127.0.0.1:8080"

    @Option(help: "How long to wait, in seconds.")
    package var timeout = 3

    package init() {}

    package func run() throws {
        let address = try HTTPEndpoint.parse(http)
        do {
            let deadline = DispatchTime.now() + .seconds(max(1, timeout))
            let answer = try HTTPClientOnce.get("/readyz", from: address, by: deadline)
            let text = String(decoding: answer.body, as: UTF8.self)
            guard answer.status == 200 else {
                ReceiverOutput.complain(
                    "not ready: \(text)",
                    next: "see the receiver's log, and whether its root is mounted"
                )
                throw ExitCode(DaemonExit.failed)
            }
            print("ready")
        } catch let failure as HTTPFailure {
            ReceiverOutput.complain(
                "no answer from \(address): \(failure)",
                next: "start the receiver, or give --http ADDRESS:PORT"
            )
            throw ExitCode(DaemonExit.unreachable)
        }
    }
}
