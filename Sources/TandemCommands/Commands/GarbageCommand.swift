package import ArgumentParser
import TandemConfiguration
import TandemFiles
import TandemProject
import TandemSystem
package import TandemTree

/// `tandem garbage`: count what programs left behind, and shelve it.
package struct GarbageCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "garbage",
        abstract: "Count what programs left behind, and shelve it.",
        discussion: """
            Garbage is what the catalogue names and the ignore rules ignore: bytecode, the
            Finder's files, editors' leftovers. What git tracks is never garbage. Nothing is
            moved without --clean, and --undo brings a cleaning back, never over something
            new. A cleaning is kept for 30 days.

              tandem garbage --both              counts and bytes by kind, on both machines
              tandem garbage --both --clean
              tandem garbage --both --undo g-1f0c22ab
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    @Flag(help: "On the vm too.")
    package var both = false

    @Flag(help: "Move the garbage to the shelf.")
    package var clean = false

    @Option(help: ArgumentHelp("Bring a cleaning back.", valueName: "id"))
    package var undo: String?

    @Option(help: ArgumentHelp("Throw a cleaning away for good.", valueName: "id"))
    package var forget: String?

    @Option(
        name: .customLong("group"),
        help: ArgumentHelp("Only this group; may be given several times.", valueName: "group"),
        transform: group
    )
    package var groups: [GarbageGroup] = []

    @Flag(help: "Look into node_modules too.")
    package var nodeModules = false

    @Flag(help: "Look into .venv and venv too.")
    package var venv = false

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func validate() throws {
        let count = (clean ? 1 : 0) + (undo == nil ? 0 : 1) + (forget == nil ? 0 : 1)
        if count > 1 { throw ValidationError("--clean, --undo and --forget exclude each other") }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let action = action()
        let project = try context.project(of: entry, isPlan: true)
        let work = GarbageWork(
            entry: entry,
            action: action,
            groups: groups.isEmpty ? nil : Set(groups),
            entersNodeModules: nodeModules,
            entersVirtualEnvironments: venv,
            ignore: project.settings.ignore,
            context: context
        )
        if clean && both {
            try context.snapshot(
                before: .garbageClean,
                as: "shelving garbage",
                of: entry,
                isQuiet: output.json
            )
        }
        let reports: [GarbageReport]
        do {
            reports = try work.run(both: both)
        } catch {
            throw CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        }
        if output.json {
            let document = GarbageDocument(pair: entry.document, action, reports)
            context.console.document(try JSONDocument.text(document))
        } else {
            let text = GarbageText(
                reports: reports,
                action: action,
                now: context.time.wall,
                showsAll: output.all
            )
            for line in text.lines { context.console.line(line) }
        }
        return reports.contains { $0.leftCount > 0 } ? .attention : .done
    }

    @Sendable
    private static func group(_ name: String) throws -> GarbageGroup {
        guard let group = GarbageGroup(rawValue: name) else {
            let known = GarbageGroup.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no group \(name); the groups are \(known)")
        }
        return group
    }

    private func action() -> GarbageJob.Action {
        if let undo { return .undo(undo) }
        if let forget { return .forget(forget) }
        guard clean else { return .look }
        return .clean("g-" + String(UInt64.random(in: 0 ... .max), radix: 16).prefix(8))
    }
}

/// What `tandem garbage --json` prints.
struct GarbageDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "garbage"
    var pair: PairDocument
    /// The batch that was made, brought back or thrown away.
    var batch: String?
    var sides: [GarbageReport]

    init(pair: PairDocument, _ action: GarbageJob.Action, _ sides: [GarbageReport]) {
        self.pair = pair
        self.sides = sides
        switch action {
        case .look: batch = nil
        case .clean(let id), .undo(let id), .forget(let id): batch = id
        }
    }
}
