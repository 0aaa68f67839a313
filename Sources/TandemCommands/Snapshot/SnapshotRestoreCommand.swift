package import ArgumentParser
import TandemFiles
import TandemSnapshots
import TandemTree

/// `tandem snapshot restore`.
package struct SnapshotRestoreCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a snapshot, or a part of it, back: to a new place, or in place.",
        discussion: """
            --to makes a new place on this laptop, which appears when all of it is there
            and durable; nothing that stands is replaced.

            --in-place has the receiver bring the vm's tree back to the snapshot. It shows
            what would change and asks; what is replaced or removed goes to the vm's shelf
            (`tandem recover`), and an edit made meanwhile is kept. What the snapshot lacks
            stays, unless --delete is given. The next sync meets all of it as changes of
            the vm's.

              tandem snapshot restore latest --to ~/shop-yesterday
              tandem snapshot restore 3f2a src/main.swift --to ~/main.swift.old
              tandem snapshot restore 3f2a src --in-place --dry-run
            """
    )

    @Argument(help: "The start of the snapshot's id, or latest.")
    package var id: String

    @Argument(help: "Only this entry, and what is below it.")
    package var path: String?

    @Option(help: ArgumentHelp("Where to; nothing may stand there.", valueName: "place"))
    package var to: String?

    @Flag(help: "Bring the vm's tree back to the snapshot.")
    package var inPlace = false

    @Flag(help: "In place: remove what the snapshot lacks, to the shelf.")
    package var delete = false

    @Flag(
        name: [.customShort("n"), .long],
        help: "In place: show what would be done, and do nothing."
    )
    package var dryRun = false

    @Flag(name: .shortAndLong, help: "In place: do not ask.")
    package var yes = false

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    package init() {}

    package func validate() throws {
        guard (to == nil) == inPlace else {
            throw ValidationError("say where: either --to PLACE or --in-place")
        }
        if !inPlace && (delete || dryRun || yes) {
            throw ValidationError("--delete, --dry-run and --yes belong to --in-place")
        }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let path = try self.path.map(ShelfPath.parse) ?? .root
        guard let to else {
            let work = RestoreInPlace(
                id: id,
                path: path,
                isDeleting: delete,
                isPlan: dryRun,
                isAgreed: yes,
                entry: entry,
                access: access,
                asJSON: choice.json,
                showsAll: listing.all,
                context: context
            )
            return try work.run()
        }
        return try restore(path, to: to, entry, access, context)
    }

    private func restore(
        _ path: RelativePath,
        to: String,
        _ entry: PairEntry,
        _ access: SnapshotAccess,
        _ context: CommandContext
    ) throws -> ExitCode {
        let place = context.absolute(to)
        let target = try NewPlace(place, on: RealFileSystem())
        try access.ask(.restore(id: id, path: path)) {
            if case .event(let event) = $0 { try target.take(event) }
        }
        try target.finish()
        if choice.json {
            let document = SnapshotRestoredDocument(
                pair: entry.document,
                snapshot: id,
                path: path,
                place: place,
                entries: target.entries,
                bytes: target.bytes
            )
            context.console.document(try JSONDocument.text(document))
        } else {
            let count = Quantities.count(target.entries, "entry", "entries")
            context.console.line(
                "restored \(count), \(Quantities.bytes(target.bytes)), to \(place)"
            )
        }
        return .done
    }
}
