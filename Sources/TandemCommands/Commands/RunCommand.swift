package import ArgumentParser
import TandemProject
import TandemSystem

/// `tandem run`: run a command on the vm, in the workload container, on exactly this tree.
package struct RunCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command in the workload container, once the vm holds this tree.",
        discussion: """
            The container is named in tandem.yml (workload: container:); commands run there by
            `podman exec` over your own login. What the command writes comes here as it is;
            its exit code is this one's. Ctrl-C goes to the command.

              tandem run -- make test
              tandem run shop --stdin -- psql shop < dump.sql
              tandem run --wait 30s --workdir web -- npm test
            """
    )

    @OptionGroup package var choice: PairChoice

    @Option(
        help: ArgumentHelp("Give up waiting for the tree after DURATION.", valueName: "duration"),
        transform: Duration.argument
    )
    package var wait: Duration?

    @Option(
        name: [.customShort("w"), .long],
        help: ArgumentHelp(
            "Run in this directory of the container; from the root if relative.",
            valueName: "directory"
        )
    )
    package var workdir: String?

    @Flag(name: [.customShort("i"), .long], help: "Pass standard input on to the command.")
    package var stdin = false

    @Flag(help: "Run also where the vm has entries that the laptop has not.")
    package var allowVmOnly = false

    @Flag(help: "Write the tree and a failure of tandem's own as JSON; the output stays as it is.")
    package var json = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("The command and its arguments, after --.", valueName: "command")
    )
    package var words: [String] = []

    package init() {}

    package var wantsJSON: Bool { json }

    package mutating func validate() throws {
        guard words.first?.isEmpty == false else {
            throw ValidationError("name the command after --: tandem run -- make test")
        }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let project = try context.project(of: entry, isPlan: false)
        for note in project.notes { context.console.note(note) }
        guard let workload = project.settings.workload else { throw Self.noContainer(entry) }
        let start = context.time.monotonic
        let barrier = TreeBarrier(
            entry: entry,
            settings: project.settings,
            wait: wait,
            allowsVMOnly: allowVmOnly,
            context: context
        )
        let reached = try barrier.reach()
        let elapsed = Duration.nanoseconds(Int64(clamping: context.time.monotonic &- start))
        try say(reached, entry, elapsed, in: context)
        let command = WorkloadCommand(
            Workload(container: workload.container, directory: directory(of: workload)),
            words: words
        )
        return try RunWork(
            entry: entry,
            command: command,
            passesInput: stdin,
            context: context
        ).run()
    }

    /// The first line, on standard error: standard output is the command's.
    private func say(
        _ reached: TreeBarrier.Reached,
        _ entry: PairEntry,
        _ elapsed: Duration,
        in context: CommandContext
    ) throws {
        if json {
            let document = RunDocument(
                pair: entry.document,
                tree: reached.tree,
                changes: reached.changes
            )
            let text = try JSONDocument.text(document)
            for line in text.split(separator: "\n") { context.console.note(StyledText("\(line)")) }
            return
        }
        let work = reached.changes.map { "\(Quantities.count($0, "change")), " } ?? ""
        context.console.note(
            StyledText("tree \(reached.tree.prefix(7))", .strong)
                + StyledText(" on \(entry.destination.authority)")
                + StyledText(" (\(work)\(Quantities.duration(elapsed)))", .faint)
        )
    }

    private func directory(of workload: Workload) -> String? {
        guard let workdir else { return workload.directory }
        if workdir.hasPrefix("/") { return workdir }
        return workload.directory.map { $0 == "/" ? "/\(workdir)" : "\($0)/\(workdir)" } ?? workdir
    }

    private static func noContainer(_ entry: PairEntry) -> CommandError {
        CommandError(
            .configuration,
            "tandem.yml names no container to run commands in",
            at: "\(entry.root)/tandem.yml",
            details: [
                "add these lines to it, with a name that `podman ps` on the vm shows:",
                "workload:",
                "  container: NAME",
                "  directory: /app    # the root as that container sees it",
            ],
            next: "the receiver's own container runs nothing it is told"
        )
    }
}

/// What `run --json` writes before the command runs.
struct RunDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "run"
    var pair: PairDocument
    var tree: String
    var changes: Int?
}
