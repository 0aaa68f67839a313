package import ArgumentParser
import Glibc
import TandemDaemon
import TandemSnapshots
import TandemSystem

/// Runs the snapshot daemon until SIGTERM or SIGINT.
package struct SnapshotServeCommand: ParsableCommand {
    package static let defaultSocket = "/run/tandem/snapshot.sock"

    package static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Take snapshots of one directory at an interval and on request.",
        discussion: """
            Example, without a container:
              tandem-snapshot serve --root ~/app --store ~/.local/state/tandem/snapshots \\
                  --state ~/.local/state/tandem/snapshot --socket /run/user/1000/tandem/snapshot.sock \\
                  --interval 15m --keep-last 8 --keep-hourly 24 --keep-daily 14
            Without --keep-… nothing is ever forgotten. What a laptop's tandem.yml says of `snapshots:
            every` and `keep` comes before --interval and --keep-…; it is kept in --state. The socket is made 0600 in a directory that
            only its owner may enter.
            """
    )

    @OptionGroup package var tree: TreeOptions
    @OptionGroup package var keep: KeepOptions

    @Option(help: "The directory of the snapshots, outside the root; made where it is missing.")
    package var store: String

    @Option(help: "The UNIX socket laptops reach through SSH; at most 100 bytes.")
    package var socket = SnapshotServeCommand.defaultSocket

    @Option(help: "Where /healthz, /readyz, /metrics and /status answer, ADDRESS:PORT.")
    package var http: String?

    @Option(help: "A directory for log files; without it lines go to standard error only.")
    package var logs: String?

    @Option(
        help: ArgumentHelp(
            "Take a snapshot this often (30s, 15m, 1h30m); 0 takes them on request only.",
            valueName: "duration"
        ),
        transform: Duration.option
    )
    package var interval: Duration = .seconds(900)

    @Option(
        help: ArgumentHelp("Prune this often by the --keep-… rules.", valueName: "duration"),
        transform: Duration.option
    )
    package var pruneInterval: Duration = .seconds(3600)

    @Option(
        help: ArgumentHelp("Read the whole store this often; 0 never does.", valueName: "duration"),
        transform: Duration.option
    )
    package var verifyInterval: Duration = .seconds(86_400)

    @Option(help: "One more user id whose processes may use the socket.")
    package var serveUid: UInt32?

    package init() {}

    /// What holds where no laptop told anything else.
    var arguments: SnapshotArguments {
        SnapshotArguments(
            take: interval.nanoseconds,
            prune: pruneInterval.nanoseconds,
            keep: keep.policy
        )
    }

    package func run() throws {
        ProcessSettings.harden()
        _ = umask(0o077)
        if serveUid == PeerPolicy.overflowUID {
            throw ValidationError(
                "--serve-uid 65534 is every user the container cannot name; give the uid that "
                    + "logs in, as seen inside the container (UserNS=keep-id keeps it)"
            )
        }
        try SnapshotOutput.run { try SnapshotDaemon(options: self).run() }
    }
}
