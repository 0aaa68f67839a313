package import ArgumentParser
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
        try ReceiverOutput.run {
            switch ReadyAnswer.ask(address, seconds: timeout) {
            case .ready(let text): print(text, terminator: "")
            case .notReady(let text):
                throw DaemonStartError(
                    what: "not ready: \(text)",
                    next: "see the receiver's log, and whether its root is mounted",
                    exitCode: DaemonExit.failed
                )
            case .silent(let failure):
                throw DaemonStartError(
                    what: "no answer from \(address): \(failure)",
                    next: "start the receiver, or give --http ADDRESS:PORT",
                    exitCode: DaemonExit.unreachable
                )
            }
        }
    }
}
