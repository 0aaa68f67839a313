package import ArgumentParser
package import TandemControl

/// A command that holds pairs still or lets them go on: one word of difference.
package protocol HoldingCommand: TandemSubcommand {
    /// What the agent is asked, of pairs by their ids.
    static var request: @Sendable ([String]) -> ControlRequest { get }

    var choice: PairsChoice { get }
    var json: Bool { get }
}

extension HoldingCommand {
    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (found, _) = try context.find(choice)
        let agent = try context.runningAgent()
        defer { agent.close() }
        let entries = choice.all ? try agent.up(among: found) : found
        let status = try agent.ask(Self.request(entries.map(\.hexID))).status()
        let word = Self.configuration.commandName ?? ""
        try PairsAnswer(command: word, entries, status, json).show(in: context)
        return .done
    }
}

/// `tandem pause`.
package struct PauseCommand: HoldingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Hold pairs still: nothing is sent or applied before `resume`.",
        discussion: """
            The pair stays up, and keeps its link. What changes meanwhile is found later.

              tandem pause         the pair that this directory belongs to
              tandem pause --all   all pairs that are up
            """
    )

    package static let request: @Sendable ([String]) -> ControlRequest = { .pause(pairs: $0) }

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}
}

/// `tandem resume`.
package struct ResumeCommand: HoldingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with pairs that were paused.",
        discussion: """
            What changed meanwhile is found and synced.

              tandem resume         the pair that this directory belongs to
              tandem resume --all   all pairs that are up
            """
    )

    package static let request: @Sendable ([String]) -> ControlRequest = { .resume(pairs: $0) }

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}
}
