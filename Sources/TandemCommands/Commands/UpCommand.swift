package import ArgumentParser
import TandemConfiguration
import TandemControl
import TandemSync
import TandemSystem

/// `tandem up`: keep pairs in sync from now on.
package struct UpCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Keep pairs in sync from now on, in the background.",
        discussion: """
            The agent is started where it does not run, and remembers what is up: after a
            restart it goes on. Doing it again changes nothing.

              tandem up                the pair that this directory belongs to
              tandem up --all          all pairs
              tandem up --foreground   be the agent, at this terminal, until Ctrl-C
            """
    )

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Run the agent at this terminal instead of in the background.")
    package var foreground = false

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entries, catalogue) = try context.find(choice)
        for entry in entries where !context.laptopPair(entry).hasSynced {
            try context.snapshot(
                before: .firstSync,
                as: "the first sync",
                of: entry,
                isQuiet: json
            )
        }
        if foreground, try context.agent.running() == nil {
            for entry in entries { try catalogue.want(up: true, entry) }
            try context.agent.become()
        }
        let agent = try context.agent.started()
        defer { agent.close() }
        let status = try agent.ask(.up(pairs: entries.map(\.hexID))).status()
        try PairsAnswer(command: "up", entries, status, json).show(in: context)
        return .done
    }
}

/// What the commands say that change what is wanted of pairs.
struct PairsAnswer {
    let command: String
    let entries: [PairEntry]
    let status: AgentStatus
    let isJSON: Bool

    init(command: String, _ entries: [PairEntry], _ status: AgentStatus, _ isJSON: Bool) {
        self.command = command
        self.entries = entries
        self.status = status
        self.isJSON = isJSON
    }

    func show(in context: CommandContext) throws {
        guard !isJSON else {
            let document = PairsDocument(command: command, entries, status)
            context.console.document(try JSONDocument.text(document))
            return
        }
        let width = entries.map(\.name.count).max() ?? 0
        for entry in entries {
            guard let live = status.pairs.first(where: { $0.pair.id == entry.hexID }) else {
                continue
            }
            let text = LiveText(status: live, now: context.time.wall, nameWidth: width)
            context.console.line(text.head)
            if let needs = live.needs { context.console.line("    needs: \(needs)") }
        }
    }
}
