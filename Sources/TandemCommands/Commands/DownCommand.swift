package import ArgumentParser
import Dispatch
import TandemControl

/// `tandem down`: keep pairs in sync no longer.
package struct DownCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop keeping pairs in sync; nothing is deleted on either side.",
        discussion: """
            A batch that is under way ends at its next safe point. With --all the agent
            ends too. `tandem up` goes on where it stopped.

              tandem down         the pair that this directory belongs to
              tandem down --all   all pairs, and the agent
            """
    )

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entries, catalogue) = try context.find(choice)
        guard let agent = try context.agent.running() else {
            for entry in entries { try catalogue.want(up: false, entry) }
            try show(entries, nil, in: context)
            return .done
        }
        defer { agent.close() }
        let deadline = DispatchTime.now() + .seconds(Self.stopSeconds)
        let status = try agent.ask(.down(pairs: entries.map(\.hexID)), until: deadline).status()
        if choice.all { _ = try agent.ask(.stop) }
        try show(entries, status, in: context)
        return .done
    }

    /// What a pair may need to come to a safe point, and some more.
    private static let stopSeconds = 15

    private func show(
        _ entries: [PairEntry],
        _ status: AgentStatus?,
        in context: CommandContext
    ) throws {
        guard !json else {
            let document = PairsDocument(command: "down", entries, status)
            context.console.document(try JSONDocument.text(document))
            return
        }
        for entry in entries { context.console.line("\(entry.name) is down") }
        guard choice.all else { return }
        context.console.line(status == nil ? "no agent runs" : "the agent ends")
    }
}
