package import ArgumentParser
import Dispatch
import TandemConfiguration
import TandemControl
import TandemSync

/// `tandem adopt`: go on where the two sides share no last agreed tree.
package struct AdoptCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Go on after the two sides lost the tree they last agreed on.",
        discussion: """
            A vm that was rolled back, a laptop that was restored, a recreated volume:
            then nobody can tell what was deleted and what was never there. Adopting
            starts anew. The next push sends what the vm lacks; it deletes nothing and
            overwrites nothing, and files that differ become conflicts.

              tandem adopt shop         asks first
              tandem adopt shop --yes   for a script
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(name: .shortAndLong, help: "Do not ask.")
    package var yes = false

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        guard try isWanted(entry, context) else { return .halted }
        try context.snapshot(before: .firstSync, as: "adopting", of: entry, isQuiet: json)
        if let (agent, _) = try context.owner(of: entry) {
            defer { agent.close() }
            _ = try agent.ask(.reset(pair: entry.hexID), until: .now() + .seconds(Self.patience))
            return try showAgent(entry, agent, context)
        }
        let info: ReceiverInfo
        do {
            info = try context.locked(entry) {
                try context.engine.adopt(try context.target(entry))
            }
        } catch {
            throw CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        }
        if json {
            let document = ReceiverDocument(command: "adopt", pair: entry.document, info)
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line("adopted \(entry.name): the next push unites both sides")
            context.console.line("  next: tandem plan \(entry.name)")
        }
        return .done
    }

    /// What the session's end and the vm's answer may take.
    private static let patience = 60

    private func showAgent(
        _ entry: PairEntry,
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> ExitCode {
        let status = try agent.statuses()
        if json {
            let document = PairsDocument(command: "adopt", [entry], status)
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line("adopted \(entry.name): the agent unites both sides")
        }
        return .done
    }

    private func isWanted(_ entry: PairEntry, _ context: CommandContext) throws -> Bool {
        if yes { return true }
        guard context.console.canAsk else {
            throw CommandError(
                .usage,
                "adopting needs a yes",
                next: "run `tandem adopt \(entry.name) --yes`"
            )
        }
        context.console.note("Adopt \(entry.name): \(entry.root) and \(entry.destination)")
        context.console.note("  The next push sends what the vm lacks. It deletes nothing and")
        context.console.note("  overwrites nothing; files that differ become conflicts. Files that")
        context.console.note("  were deleted on one side since the last push come back.")
        let isWanted = context.console.confirm("Go on?")
        if !isWanted { context.console.note("nothing was changed") }
        return isWanted
    }
}

/// What `pair --json` and `adopt --json` print.
struct ReceiverDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command: String
    var pair: PairDocument
    var receiver: String
    var protocolVersion: Int
    var lineage: String
    var freeBytes: UInt64
    var generation: UInt64?
    /// What `pair --deploy` did.
    var deployment: DeploymentDocument?

    init(command: String, pair: PairDocument, _ info: ReceiverInfo) {
        self.command = command
        self.pair = pair
        receiver = info.receiver
        protocolVersion = info.protocolVersion
        lineage = info.lineage
        freeBytes = info.freeBytes
        generation = info.generation
    }
}
