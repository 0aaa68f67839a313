package import ArgumentParser
import TandemDaemon
import TandemHTTP

/// The `tandem-snapshot` program: the snapshot daemon, and its store without a daemon.
package struct SnapshotProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tandem-snapshot",
        abstract: "Take snapshots of a directory of this machine.",
        discussion: """
            Runs inside its container, where the tree is mounted read-only and the store is a \
            volume; SSH brings the laptop to its socket. `take`, `ls`, `restore`, `prune` and \
            `verify` work on a store that no daemon serves.
            """,
        version: SnapshotVersion.text,
        subcommands: [
            SnapshotServeCommand.self, SnapshotConnectCommand.self, SnapshotHealthCommand.self,
            SnapshotTakeCommand.self, SnapshotListCommand.self, SnapshotRestoreCommand.self,
            SnapshotPruneCommand.self, SnapshotVerifyCommand.self,
        ]
    )

    package init() {}

    /// Parses the command line and runs what it asks for.
    package static func start() { main() }
}

/// The version this program tells people.
package enum SnapshotVersion {
    package static let text = "0.1.0"
}

/// What `tandem-snapshot` says on standard error.
enum SnapshotOutput {
    static func complain(_ what: String, next: String) {
        DaemonStart.complain("tandem-snapshot", what, next: next)
    }

    /// Runs a command; why a daemon does not serve or answer is said, with its exit code.
    static func run(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DaemonStartError {
            complain(error.what, next: error.next)
            throw ExitCode(error.exitCode)
        }
    }
}

/// `ADDRESS:PORT` of the command line.
enum HTTPOption {
    static func parse(_ text: String) throws -> HTTPAddress {
        guard let address = HTTPAddress(tcp: text) else {
            throw ValidationError(
                "--http takes ADDRESS:PORT, such as 127.0.0.1:8080, not '\(text)'"
            )
        }
        return address
    }
}
