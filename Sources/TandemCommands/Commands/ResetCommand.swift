package import ArgumentParser
import Dispatch
import TandemConfiguration
import TandemControl
import TandemSystem
import TandemSync
import TandemTree

/// `tandem reset`: start a pair anew.
package struct ResetCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Start a pair anew: unite both sides, and let one win where they differ.",
        discussion: """
            Both sides forget the tree they last agreed on. What only one side has comes
            to the other; nothing is deleted. Files that differ become conflicts; with
            --keep they are settled at once, and what loses is kept on that side's shelf
            (`tandem recover`).

              tandem reset shop                      shows what differs, and asks
              tandem reset shop --keep laptop -y     the laptop's version wins, no question
            """
    )

    @OptionGroup package var choice: PairChoice

    @Option(help: "Whose version stays where both differ: laptop or vm.")
    package var keep: KeptSide?

    @Flag(name: .shortAndLong, help: "Do not ask.")
    package var yes = false

    @Option(
        help: ArgumentHelp("Give up after DURATION (10s, 5m, 1h30m).", valueName: "duration"),
        transform: Duration.argument
    )
    package var wait: Duration = .seconds(300)

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        guard let (agent, status) = try context.owner(of: entry) else {
            throw CommandError(
                .unreachable,
                "\(entry.name) is not up",
                next: "tandem up \(entry.name); without the agent, tandem adopt \(entry.name)"
            )
        }
        defer { agent.close() }
        guard try isWanted(entry, status, agent, context) else { return .halted }
        try context.snapshot(before: .reset, as: "a reset", of: entry, isQuiet: json)
        _ = try agent.ask(.reset(pair: entry.hexID), until: .now() + .seconds(Self.patience))
        let barrier = AgentBarrier(wait: wait)
        var answer = try barrier.flush(entry, agent, context)
        if let keep, answer.result == .attention {
            answer = try settle(keep, entry, agent, barrier, context) ?? answer
        }
        try show(answer, entry, context)
        return answer.exitCode
    }

    /// What the session's end and the vm's answer may take.
    private static let patience = 60

    private func settle(
        _ keep: KeptSide,
        _ entry: PairEntry,
        _ agent: any AgentConversation,
        _ barrier: AgentBarrier,
        _ context: CommandContext
    ) throws -> FlushAnswer? {
        let open = try agent.ask(.conflicts(pair: entry.hexID)).conflicts()
        guard !open.isEmpty else { return nil }
        let settlements = open.map { conflict in
            Settlement(
                path: conflict.path,
                laptop: conflict.laptop,
                vm: conflict.vm,
                keep: keep == .laptop ? .laptop : .vm
            )
        }
        _ = try barrier.resolve(entry, settlements, agent, context)
        return try barrier.flush(entry, agent, context)
    }

    private func show(
        _ answer: FlushAnswer,
        _ entry: PairEntry,
        _ context: CommandContext
    ) throws {
        guard !json else {
            let document = FlushDocument(command: "reset", entry, answer)
            context.console.document(try JSONDocument.text(document))
            return
        }
        context.console.line("reset \(entry.name)")
        for line in LiveText(status: answer.status, now: context.time.wall).details {
            context.console.line(line)
        }
    }

    private func isWanted(
        _ entry: PairEntry,
        _ status: PairStatus,
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> Bool {
        if !json {
            let plan = try plan(entry, status, agent)
            for line in plan { context.console.note(line) }
        }
        if yes { return true }
        guard context.console.canAsk else {
            throw CommandError(
                .usage,
                "a reset needs a yes",
                next: "run `tandem reset \(entry.name) --yes`"
            )
        }
        let isWanted = context.console.confirm("Go on?")
        if !isWanted { context.console.note("nothing was changed") }
        return isWanted
    }

    /// What will happen: from both sides where they can be compared now, else in words.
    private func plan(
        _ entry: PairEntry,
        _ status: PairStatus,
        _ agent: any AgentConversation
    ) throws -> [StyledText] {
        let head = StyledText("Reset \(entry.name): \(entry.root) ⇄ \(entry.destination)", .strong)
        do {
            let plan = try agent.plan(entry, isReset: true)
            return [head] + ResetText(plan, keep: keep).lines
        } catch let failure as ControlFailure {
            return [head, StyledText("  \(failure.message)", .warning)]
                + ResetText.words(status, keep: keep)
        }
    }
}

/// A side, as `--keep` takes it.
package enum KeptSide: String, ExpressibleByArgument, CaseIterable, Sendable {
    case laptop
    case vm
}
