package import ArgumentParser
import Dispatch
import TandemControl
import TandemSystem

/// `tandem top`: the pairs, live.
package struct TopCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch the pairs live: what they do, what happens, what is open.",
        discussion: """
            On a terminal the picture is drawn anew twice a second; q ends it. On a pipe a line
            is printed whenever a pair's state changes.

              tandem top          all pairs
              tandem top --once   one picture, and the end
            """
    )

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one picture and end.")
    package var once = false

    @Flag(help: "Print one JSON object a line whenever something changes.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let catalogue = try context.openCatalogue()
        let entries = choice.pairs.isEmpty ? try catalogue.pairs() : try context.find(choice).0
        let ids = Set(entries.map(\.hexID))
        let agent = try context.runningAgent()
        defer { agent.close() }
        if once {
            var view = TopView()
            view.take(try agent.statuses(), of: ids)
            for line in view.lines(rows: .max, now: context.time.wall).dropLast(2) {
                context.console.line(line)
            }
            return .done
        }
        context.stop.whenStopped {}
        let traits = context.console.traits
        guard traits.outputIsTerminal, traits.inputIsTerminal, !json, let keys = TerminalKeys()
        else { return try follow(agent, ids, context) }
        return try draw(agent, ids, keys, context)
    }

    /// Twice a second is quick for the eye and nothing for the machine.
    private static let tickMilliseconds: Int32 = 500

    private func draw(
        _ agent: any AgentConversation,
        _ ids: Set<String>,
        _ keys: borrowing TerminalKeys,
        _ context: CommandContext
    ) throws -> ExitCode {
        let listener = try context.runningAgent()
        defer { listener.close() }
        _ = try listener.ask(.events(pairs: Array(ids)))
        var view = TopView()
        context.console.otherScreen(true)
        defer { context.console.otherScreen(false) }
        while context.stop.reason == nil {
            view.take(try agent.statuses(), of: ids)
            try takeEvents(from: listener, into: &view)
            let (columns, rows) = TerminalKeys.size
            let lines = view.lines(rows: rows, now: context.time.wall)
            context.console.picture(lines, columns: columns, rows: rows)
            guard let pressed = keys.read(within: Self.tickMilliseconds) else { return .done }
            let quits = pressed.contains { $0 == UInt8(ascii: "q") || $0 == UInt8(ascii: "Q") }
            if quits { return .done }
        }
        return .interrupted
    }

    private func takeEvents(
        from listener: any AgentConversation,
        into view: inout TopView
    ) throws {
        do {
            while let event = try listener.nextEvent(until: .now()) { view.take(event) }
        } catch let error as ControlError where error.code == .timedOut {
            return
        }
    }

    /// Prints a line whenever a pair's state changes, until Ctrl-C or the agent's end.
    private func follow(
        _ agent: any AgentConversation,
        _ ids: Set<String>,
        _ context: CommandContext
    ) throws -> ExitCode {
        var last: [String: String] = [:]
        while context.stop.reason == nil {
            for pair in try agent.statuses().pairs where ids.contains(pair.pair.id) {
                let state = "\(pair.verdict.rawValue)  \(pair.headline)  \(pair.generation)"
                guard last.updateValue(state, forKey: pair.pair.id) != state else { continue }
                try show(pair, context)
            }
            _ = context.stop.wait(milliseconds: Int(Self.tickMilliseconds))
        }
        return .interrupted
    }

    private func show(_ pair: PairStatus, _ context: CommandContext) throws {
        guard !json else {
            let line = TopDocument(time: JSONDocument.time(context.time.wall), pair)
            context.console.document(try JSONDocument.line(line))
            return
        }
        let text = LiveText(status: pair, now: context.time.wall)
        let time = StyledText("\(LocalTime.text(context.time.wall))  ", .faint)
        let facts = StyledText("  \(text.facts.joined(separator: "  "))", .faint)
        context.console.line(time + text.head + facts)
    }
}

/// One line of `top --json`.
struct TopDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var time: String
    var pair: String
    var name: String
    var live: LiveDocument

    init(time: String, _ status: PairStatus) {
        self.time = time
        pair = status.pair.id
        name = status.pair.name
        live = LiveDocument(status)
    }
}
