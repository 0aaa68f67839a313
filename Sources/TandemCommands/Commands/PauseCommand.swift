package import ArgumentParser
import TandemControl

/// `tandem pause`.
package struct PauseCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Hold pairs still",
        discussion: """
             nothing is sent or applied before `resume`.:The pair stays up, and keeps its link. What changes meanwhile is found later.

              tandem pause         the pair that this directory belongs to
              tandem pause --all   all pairs that are up
            """
    )

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (found, _) = try context.find(choice)
        let agent = try context.runningAgent()
        defer { agent.close() }
        let entries = choice.all ? try agent.up(among: found) : found
        let status = try agent.ask(.pause(pairs: entries.map(\.hexID))).status()
        try PairsAnswer(command: "pause", entries, status, json).show(in: context)
        return .done
    }
}
