package import ArgumentParser
import Dispatch
import TandemControl
import TandemSystem
import TandemTree

/// `tandem flush`: wait until all that was saved is on the other side.
package struct FlushCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "flush",
        abstract: "Wait until everything saved before is durable on the other side.",
        discussion: """
            Does not wait for either side to rest: what is saved after the call may not be
            there yet. Ends with 0 when all is there, with 1 when something is left alone
            (conflicts, entries that cannot be synced), with 2 when it does not work, and
            with 4 when --wait ran out.

              tandem flush && ssh devvm make   build what was just saved
              tandem flush --wait 10s          give up after 10 s
            """
    )

    @OptionGroup package var choice: PairChoice

    @Option(
        help: ArgumentHelp("Give up after DURATION (10s, 5m, 1h30m).", valueName: "duration"),
        transform: Duration.argument
    )
    package var wait: Duration = .seconds(60)

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let agent = try context.runningAgent()
        defer { agent.close() }
        let start = context.time.monotonic
        let answer = try AgentBarrier(wait: wait).flush(entry, agent, context)
        let took = context.time.monotonic - start
        if json {
            let document = FlushDocument(command: "flush", entry, answer)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in FlushText(answer, took: took).lines { context.console.line(line) }
        }
        return answer.exitCode
    }
}

/// A wait for the agent that Ctrl-C ends.
struct AgentBarrier {
    let wait: Duration

    /// Longer than the agent waits by this much, the answer is on its way.
    private static let grace = 5

    private var milliseconds: Int {
        let (seconds, attoseconds) = wait.components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    private var deadline: DispatchTime {
        .now() + .milliseconds(milliseconds) + .seconds(Self.grace)
    }

    func flush(
        _ entry: PairEntry,
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> FlushAnswer {
        let request = ControlRequest.flush(pair: entry.hexID, milliseconds: milliseconds)
        return try ask(request, agent, context).flushed()
    }

    func push(
        _ entry: PairEntry,
        accepting deletions: Int?,
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> FlushAnswer {
        let request = ControlRequest.push(
            pair: entry.hexID,
            milliseconds: milliseconds,
            acceptedDeletions: deletions
        )
        return try ask(request, agent, context).flushed()
    }

    func resolve(
        _ entry: PairEntry,
        _ settlements: [Settlement],
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> [OpenConflict] {
        let request = ControlRequest.resolve(
            pair: entry.hexID,
            settlements: settlements,
            milliseconds: milliseconds
        )
        return try ask(request, agent, context).conflicts()
    }

    private func ask(
        _ request: ControlRequest,
        _ agent: any AgentConversation,
        _ context: CommandContext
    ) throws -> ControlAnswer {
        context.stop.whenStopped { agent.close() }
        do {
            return try agent.ask(request, until: deadline)
        } catch  where context.stop.reason == .interrupted {
            throw CommandError(.interrupted, "interrupted; the agent goes on by itself")
        }
    }
}

/// What a flush came to, for people.
struct FlushText {
    let answer: FlushAnswer
    let took: UInt64

    init(_ answer: FlushAnswer, took: UInt64) {
        self.answer = answer
        self.took = took
    }

    var lines: [StyledText] {
        let name = answer.status.pair.name
        let time = Quantities.latency(took)
        let tree = answer.tree.map { ", tree \($0.prefix(7))" } ?? ""
        let head: StyledText =
            switch answer.result {
            case .inSync: StyledText("\(name) in sync\(tree)  (\(time))", .good)
            case .durable:
                StyledText("\(name) flushed; both sides go on changing  (\(time))", .good)
            case .attention:
                StyledText("\(name) synced, with open ends\(tree)  (\(time))", .warning)
            case .timedOut: StyledText("\(name) is not in sync yet, after \(time)", .warning)
            case .broken: StyledText("\(name) does not sync", .bad)
            }
        var lines = [head] + answer.remarks.map { StyledText("  \($0)") }
        if let needs = answer.status.needs { lines.append(StyledText("  needs: \(needs)")) }
        return lines
    }
}

/// The same as JSON.
struct FlushDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command: String
    var pair: PairDocument
    var result: String
    var exitCode: Int32
    var tree: String?
    var remarks: [String]
    var live: LiveDocument

    init(command: String, _ entry: PairEntry, _ answer: FlushAnswer) {
        self.command = command
        pair = entry.document
        result = answer.result.rawValue
        exitCode = answer.exitCode.rawValue
        tree = answer.tree
        remarks = answer.remarks.map { escaped($0.utf8) }
        live = LiveDocument(answer.status)
    }
}

extension FlushAnswer {
    /// What the command ends with.
    var exitCode: ExitCode {
        switch result {
        case .inSync, .durable: .done
        case .attention: .attention
        case .timedOut: .timedOut
        case .broken: status.phase == .halted ? .halted : .failed
        }
    }
}
