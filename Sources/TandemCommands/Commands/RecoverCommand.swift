package import ArgumentParser
import TandemSync
import TandemSystem
import TandemTree

/// `tandem recover`: look at the vm's shelf, and take things back from it.
package struct RecoverCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "List what pushes replaced or deleted on the vm, and take it back.",
        discussion: """
            Nothing that stood on the vm is thrown away at once: it waits on a shelf.

              tandem recover                       list the shelf, newest first
              tandem recover restore ID --to a/b   put one item back, under this path
            """,
        subcommands: [RecoverListCommand.self, RecoverRestoreCommand.self],
        defaultSubcommand: RecoverListCommand.self
    )

    package init() {}
}

/// `tandem recover list`.
package struct RecoverListCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the vm's shelf, newest first.",
        discussion: """
              tandem recover list
              tandem recover list shop --below src
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    @Option(help: ArgumentHelp("List only what stood in this directory.", valueName: "path"))
    package var below: String?

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let prefix = try below.map(ShelfPath.parse) ?? .root
        let items: [ShelvedItem]
        do {
            items = try context.aside(entry) {
                try context.engine.shelf(try context.target(entry), below: prefix)
            }
        } catch {
            throw CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        }
        let sorted = items.sorted { ($0.shelvedAt, $0.id) > ($1.shelvedAt, $1.id) }
        if output.json {
            let document = ShelfDocument(pair: entry.document, sorted)
            context.console.document(try JSONDocument.text(document))
        } else {
            let text = ShelfText(sorted, now: context.time.wall, showsAll: output.all)
            for line in text.lines { context.console.line(line) }
        }
        return .done
    }
}

/// `tandem recover restore`.
package struct RecoverRestoreCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put an item back on the vm, never over something that stands there.",
        discussion: """
              tandem recover restore 41
              tandem recover restore 41 --to src/old.swift
            """
    )

    @Argument(help: ArgumentHelp("The item, as `tandem recover` lists it.", valueName: "id"))
    package var item: String

    @OptionGroup package var choice: PairChoice

    @Option(
        help: ArgumentHelp(
            "Where to, below the root; the old place if left out.",
            valueName: "path"
        )
    )
    package var to: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, _) = try context.find(choice)
        let path: RelativePath
        do {
            let target = try context.target(entry)
            path = try context.aside(entry) {
                let path = try destination(in: target, context)
                try context.engine.restore(target, item: item, to: path)
                return path
            }
        } catch {
            throw CommandError(error, at: "pair \(entry.name): \(entry.destination)")
        }
        if json {
            let document = RestoredDocument(pair: entry.document, item: item, path)
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line("restored \(path.shown(as: nil)) on \(entry.destination)")
        }
        return .done
    }

    private func destination(
        in target: SyncTarget,
        _ context: CommandContext
    ) throws -> RelativePath {
        if let to { return try ShelfPath.parse(to) }
        let items = try context.engine.shelf(target, below: .root)
        guard let found = items.first(where: { $0.id == item }) else {
            throw CommandError(
                .failed,
                "no item \(item) is on the shelf",
                next: "run `tandem recover` to list it"
            )
        }
        return found.path
    }
}

/// A path below the root as a user types it.
enum ShelfPath {
    static func parse(_ text: String) throws(CommandError) -> RelativePath {
        var bytes = Array(text.utf8)
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        if bytes.starts(with: Array("./".utf8)) { bytes.removeFirst(2) }
        do {
            return try RelativePath(validating: bytes)
        } catch {
            throw CommandError(
                .usage,
                "\(text) is not a path below the root: \(error)",
                next: "write it as `tandem plan` does: src/main.swift"
            )
        }
    }
}
