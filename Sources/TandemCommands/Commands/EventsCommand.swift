package import ArgumentParser
import Dispatch
import TandemControl
import TandemTree

/// `tandem events`: what happens, as it happens.
package struct EventsCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Tell what happens, as it happens, until Ctrl-C.",
        discussion: """
            With --json each event is one line. A listener that is too slow is told how
            many events were left out for it.

              tandem events --all --json | jq .path
            """
    )

    @OptionGroup package var choice: PairsChoice

    @Flag(help: "Print one JSON object a line instead of text.")
    package var json = false

    @Option(help: ArgumentHelp("End after this many events.", valueName: "n"))
    package var limit: Int?

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entries, _) = try context.find(choice)
        let agent = try context.runningAgent()
        defer { agent.close() }
        context.stop.whenStopped { agent.close() }
        _ = try agent.ask(.events(pairs: entries.map(\.hexID)))
        var left = limit ?? .max
        do {
            while left > 0, let event = try agent.nextEvent(until: .distantFuture) {
                try show(event, in: context)
                left -= 1
            }
        } catch  where context.stop.reason != nil {
            return .interrupted
        }
        guard left > 0 else { return .done }
        if context.stop.reason != nil { return .interrupted }
        throw CommandError(.unreachable, "the agent ended", next: "tandem up")
    }

    private func show(_ event: AgentEvent, in context: CommandContext) throws {
        if json {
            context.console.document(try JSONDocument.line(EventDocument(event)))
        } else {
            context.console.line(EventText.line(event))
        }
    }
}

/// An event for people.
enum EventText {
    static func line(_ event: AgentEvent) -> StyledText {
        var words = [event.kind.rawValue]
        if event.kind == .dropped {
            words.append("\(event.count ?? 0) events were left out: this listener is too slow")
        } else if event.kind == .batch {
            words.append(Quantities.count(event.count ?? 0, "change"))
        } else {
            if event.kind == .change { words = [event.text ?? "changed"] }
            if let path = event.path { words.append("\(path.path)") }
            if event.kind != .change, let text = event.text { words.append(text) }
        }
        if let bytes = event.bytes, bytes > 0 { words.append(Quantities.bytes(bytes)) }
        let name = event.name.map { "\($0)  " } ?? ""
        return StyledText("\(LocalTime.text(event.time))  ", .faint)
            + StyledText(name, .strong) + StyledText(words.joined(separator: "  "), event.tone)
    }
}

extension AgentEvent {
    var tone: Tone {
        switch kind {
        case .conflictOpened, .problem, .linkDown, .dropped: .warning
        case .halted: .bad
        case .change, .batch, .linkUp, .conflictClosed: .good
        case .up, .down, .phase, .verdict, .hook: .plain
        }
    }
}

/// An event as JSON.
struct EventDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var time: String
    var event: String
    var pair: String?
    var name: String?
    var path: String?
    var pathBytes: String?
    var text: String?
    var bytes: UInt64?
    var count: Int?
    var generation: UInt64?

    init(_ event: AgentEvent) {
        time = JSONDocument.time(event.time)
        self.event = event.kind.rawValue
        pair = event.pair
        name = event.name.map { escaped($0.utf8) }
        let document = event.path.map { PathDocument($0.path) }
        path = document?.path
        pathBytes = document?.pathBytes
        text = event.text.map { escaped($0.utf8) }
        bytes = event.bytes
        count = event.count
        generation = event.generation
    }
}
