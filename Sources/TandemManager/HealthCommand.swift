package import ArgumentParser
import Dispatch
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
        do {
            let deadline = DispatchTime.now() + .seconds(max(1, timeout))
            let address = HTTPAddress.unix(path: socket)
            let answer = try HTTPClientOnce.get("/readyz", from: address, by: deadline)
            guard answer.status == 200 else {
                let text = String(decoding: answer.body, as: UTF8.self)
                DaemonStartError(
                    "not ready: \(text)",
                    next: "see whether Podman's socket is mounted and served: "
                        + "systemctl --user status podman.socket",
                    DaemonExit.failed
                ).complain()
                throw ExitCode(DaemonExit.failed)
            }
            print("ready")
        } catch let failure as HTTPFailure {
            DaemonStartError(
                "no answer: \(failure)",
                next: "start the manager, or give --socket PATH",
                DaemonExit.unreachable
            ).complain()
            throw ExitCode(DaemonExit.unreachable)
        }
    }
}
