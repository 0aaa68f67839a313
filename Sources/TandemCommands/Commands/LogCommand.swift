package import ArgumentParser
package import TandemStore
import TandemSystem
import TandemTree

/// `tandem log`: what happened to which path, when and why.
package struct LogCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show what happened to which path, when and why; newest first.",
        discussion: """
            The newest 50,000 events of each pair are kept. It works without the agent.

              tandem log                          the pair that this directory belongs to
              tandem log src/config.yml           one file, or all below a directory
              tandem log --since 1h --action conflicted
            """
    )

    @Argument(help: ArgumentHelp("A path, from here or below the root.", valueName: "path"))
    package var path: String?

    @Option(help: "The pair's name, or a directory in it.")
    package var pair: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Work as if started in this directory.", valueName: "directory")
    )
    package var directory: String?

    @Option(
        help: ArgumentHelp("Nothing older than DURATION (1h, 2d).", valueName: "duration"),
        transform: Duration.argument
    )
    package var since: Duration?

    @Option(
        help: ArgumentHelp(
            "Only this: \(ActivityRecord.Action.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "action"
        ),
        transform: LogCommand.action
    )
    package var action: [ActivityRecord.Action] = []

    @Option(help: ArgumentHelp("The most events.", valueName: "n"))
    package var limit = 100

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        var choice = PairChoice()
        choice.pair = pair
        choice.directory = directory
        let (entry, catalogue) = try context.find(choice)
        let now = context.time.wall
        let query = ActivityQuery(
            path: try path.map { try PathInPair(entry, context, directory).parse($0) },
            actions: action,
            since: since.map { now - $0.wholeNanoseconds } ?? .min,
            limit: limit
        )
        let records = try catalogue.activity(of: entry, query)
        if json {
            context.console.document(try JSONDocument.text(LogDocument(entry, records)))
            return .done
        }
        for line in JournalText(records).lines { context.console.line(line) }
        return .done
    }

    @Sendable
    static func action(_ text: String) throws -> ActivityRecord.Action {
        guard let action = ActivityRecord.Action(rawValue: text) else {
            throw ValidationError("there is no action \(text)")
        }
        return action
    }
}

/// A path that the user typed, as the pair knows it.
struct PathInPair {
    let root: String
    let directory: String
    let context: CommandContext

    init(_ entry: PairEntry, _ context: CommandContext, _ directory: String?) {
        root = LocalPath.resolved(entry.root)
        self.directory = directory.map(context.absolute) ?? context.currentDirectory
        self.context = context
    }

    /// Reads a path from where the user is, if that lies in the pair; else from its root.
    func parse(_ text: String) throws(CommandError) -> RelativePath {
        let here = LocalPath.resolved(directory)
        guard text.hasPrefix("/") || text.hasPrefix("~") || LocalPath.isInside(here, root) else {
            return try ShelfPath.parse(text)
        }
        let place = LocalPath.absolute(text, from: here, home: context.home)
        // The entry itself may be a link: only what leads to it is followed.
        let parent = place.split(separator: "/").dropLast().joined(separator: "/")
        let name = place.split(separator: "/").last.map(String.init) ?? ""
        let resolved = "\(LocalPath.resolved("/\(parent)"))/\(name)".replacing("//", with: "/")
        if resolved == root { return .root }
        guard LocalPath.isInside(resolved, root) else {
            throw CommandError(.usage, "\(text) does not lie in \(root)")
        }
        return try ShelfPath.parse(String(resolved.dropFirst(root.utf8.count + 1)))
    }
}

extension Duration {
    /// In nanoseconds; what the parser lets through never overflows.
    var wholeNanoseconds: Int64 {
        components.seconds * Quantities.nanosecondsPerSecond
            + components.attoseconds / Quantities.nanosecondsPerSecond
    }
}

/// Activity for people.
struct JournalText {
    let records: [ActivityRecord]

    init(_ records: [ActivityRecord]) {
        self.records = records
    }

    var lines: [StyledText] {
        guard !records.isEmpty else { return ["nothing happened"] }
        let width = records.map(\.action.rawValue.count).max() ?? 0
        return records.map { record in
            let action = LiveText.padded(record.action.rawValue, width)
            var line =
                StyledText("\(LocalTime.text(record.time))  ", .faint)
                + StyledText("\(action)  ", record.action.tone)
                + StyledText("\(record.path)")
            if !record.reason.isEmpty { line = line + StyledText("  \(record.reason)", .faint) }
            if record.generation > 0 {
                line = line + StyledText("  generation \(record.generation)", .faint)
            }
            return line
        }
    }
}

extension ActivityRecord.Action {
    var tone: Tone {
        switch self {
        case .sent, .received, .resolved, .hook: .good
        case .removedOnVM, .removedOnLaptop, .conflicted, .problem: .warning
        case .refused, .hookFailed: .bad
        }
    }
}

/// Activity as JSON.
struct LogDocument: Encodable, Sendable {
    struct Event: Encodable, Sendable {
        var time: String
        var action: String
        var path: String
        var pathBytes: String?
        var reason: String?
        var generation: UInt64
    }

    var schema = JSONDocument.schema
    var command = "log"
    var pair: PairDocument
    var events: [Event]

    init(_ entry: PairEntry, _ records: [ActivityRecord]) {
        pair = entry.document
        events = records.map { record in
            let name = PathDocument(record.path)
            return Event(
                time: JSONDocument.time(record.time),
                action: record.action.rawValue,
                path: name.path,
                pathBytes: name.pathBytes,
                reason: record.reason.isEmpty ? nil : escaped(record.reason.utf8),
                generation: record.generation
            )
        }
    }
}
