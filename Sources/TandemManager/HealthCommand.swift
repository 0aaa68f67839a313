package import ArgumentParser
import TandemDaemon
import TandemHTTP

/// Asks a running manager whether Podman answers it; what its container's health check runs.
package struct HealthCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the manager whether it can work; exit 0 when it can.",
        discussion: """
            Example:
              tandem-manager health --socket /run/tandem/manager.sock
            """
    )

    @Option(help: "The manager's socket.")
    package var socket = ServeCommand.defaultSocket

    @Option(help: "How long to wait, in seconds.")
    package var timeout = 3

    package init() {}

    package func run() throws {
        try DaemonStartError.saying {
            switch ReadyAnswer.ask(.unix(path: socket), seconds: timeout) {
            case .ready(let text): print(text, terminator: "")
            case .notReady(let text):
                throw DaemonStartError(
                    "not ready: \(text)",
                    next: "see whether Podman's socket is mounted and served: "
                        + "systemctl --user status podman.socket",
                    DaemonExit.failed
                )
            case .silent(let failure):
                throw DaemonStartError(
                    "no answer: \(failure)",
                    next: "start the manager, or give --socket PATH",
                    DaemonExit.unreachable
                )
            }
        }
    }
}
