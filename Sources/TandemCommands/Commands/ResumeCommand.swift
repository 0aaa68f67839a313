package import ArgumentParser
import TandemControl

/// `tandem resume`.
package struct ResumeCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with pairs that were paused.",
        discussion: """
            What changed meanwhile is found and synced.

              tandem resume         the pair that this directory belongs to
              tandem resume --all   all pairs that are up
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
        let status = try agent.ask(.resume(pairs: entries.map(\.hexID))).status()
        try PairsAnswer(command: "resume", entries, status, json).show(in: context)
        return .done
    }
}
