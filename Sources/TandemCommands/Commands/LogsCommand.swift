package import ArgumentParser
import TandemSystem

/// `tandem logs`: what the daemons wrote, on both machines.
package struct LogsCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the daemons wrote, on both machines, by time.",
        discussion: """
            Rotated files are read too, and -f goes on across a rotation without losing or
            repeating a line. A line that is no log event is shown escaped, behind a "?".

              tandem logs                           the last 100 lines of all
              tandem logs -f receiver agent
              tandem logs --since 1h --level warning
              tandem logs --since 2026-03-01T09 --until 2026-03-01T10 --json
            """
    )

    @Argument(
        help: ArgumentHelp("Which: receiver, snapshot, manager, agent; all if left out."),
        transform: log
    )
    package var logs: [String] = []

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    @Option(help: ArgumentHelp("The pair whose vm is asked.", valueName: "pair"))
    package var pair: String?

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on as lines are written.")
    package var follow = false

    @Option(help: "From then on: 1h, or a time in UTC or its beginning.")
    package var since: String?

    @Option(help: "Up to then.")
    package var until: String?

    @Option(help: "This level and above: trace, debug, info, notice, warning, error, critical.")
    package var level: String?

    @Option(help: ArgumentHelp("At most so many lines at first; 100 without --since."))
    package var tail: Int?

    @Option(
        help: ArgumentHelp(
            "Where the vm's logs lie; where a deployment puts them if left out.",
            valueName: "directory"
        )
    )
    package var vmDirectory: String?

    @Flag(help: "Print one JSON object a line instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    @Sendable
    private static func log(_ name: String) throws -> String {
        let all = LogsWork.onVM + LogsWork.onLaptop
        guard all.contains(name) else {
            throw ValidationError(
                "there is no log \(name); there are \(all.joined(separator: ", "))"
            )
        }
        return name
    }

    package func validate() throws {
        if let level, !LogLine.levels.contains(level) {
            let known = LogLine.levels.joined(separator: ", ")
            throw ValidationError("there is no level \(level); there are \(known)")
        }
        if let tail, tail < 0 { throw ValidationError("--tail takes a number of lines") }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let wanted = logs.isEmpty ? LogsWork.onVM + LogsWork.onLaptop : logs
        var filter = LogFilter(level: level)
        filter.since = try since.map { try moment($0, "--since", context) }
        filter.until = try until.map { try moment($0, "--until", context) }
        return try LogsWork(
            logs: wanted,
            areNamed: !logs.isEmpty,
            filter: filter,
            tail: tail ?? (since == nil ? 100 : nil),
            follows: follow,
            json: json,
            vmDirectory: vmDirectory,
            context: context,
            entry: try entry(wanted, context)
        ).run()
    }

    /// The pair; none is needed for the laptop's log alone.
    private func entry(_ wanted: [String], _ context: CommandContext) throws -> PairEntry? {
        guard wanted.contains(where: { LogsWork.onVM.contains($0) }) else { return nil }
        var choice = PairChoice()
        choice.pair = pair
        choice.directory = directory
        return try context.find(choice).0
    }

    private func moment(
        _ text: String,
        _ option: String,
        _ context: CommandContext
    ) throws -> String {
        guard let moment = LogFilter.moment(text, now: context.time.wall) else {
            throw ValidationError(
                "\(option) takes a duration such as 1h30m, or a time such as 2026-03-01T09:30"
            )
        }
        return moment
    }
}
