package import ArgumentParser
import TandemDaemon

/// The `tandem-manager` program: watches the other containers, and the small commands around it.
package struct ManagerProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tandem-manager",
        abstract: "Watch the containers of this machine, and start again what is unhealthy.",
        discussion: """
            Runs inside its container with Podman's socket mounted and no network. It has the power \
            of that socket, and uses of it what its list of calls allows, on the containers named \
            at its start and no others.
            """,
        version: ManagerVersion.text,
        subcommands: [ServeCommand.self, HealthCommand.self, ConnectCommand.self]
    )

    package init() {}

    /// Parses the command line and runs what it asks for.
    package static func start() { main() }
}

/// The version this program tells laptops and people.
package enum ManagerVersion {
    package static let text = "0.1.0"
}

extension DaemonStartError {
    init(_ what: String, next: String, _ exitCode: Int32) {
        self.init(what: what, next: next, exitCode: exitCode)
    }

    /// Runs a command; why the manager does not serve or answer is said, with its exit code.
    static func saying(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DaemonStartError {
            DaemonStart.complain("tandem-manager", error.what, next: error.next)
            throw ExitCode(error.exitCode)
        }
    }
}
