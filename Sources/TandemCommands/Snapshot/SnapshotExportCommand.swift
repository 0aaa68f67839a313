package import ArgumentParser
import TandemFiles
import TandemSnapshots
import TandemTree

/// `tandem snapshot export`.
package struct SnapshotExportCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a snapshot as a tar archive, compressed with zstd.",
        discussion: """
            For a copy that is kept elsewhere: a mounted drive, or a bucket by its own tool.

              tandem snapshot export latest --to ~/shop.tar.zst
              tar --zstd -tf ~/shop.tar.zst
            """
    )

    @Argument(help: "The start of the snapshot's id, or latest.")
    package var id: String

    @Argument(help: "Only this entry, and what is below it.")
    package var path: String?

    @Option(help: ArgumentHelp("The archive; nothing may stand there.", valueName: "file"))
    package var to: String

    @OptionGroup package var choice: SnapshotChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let path = try self.path.map(ShelfPath.parse) ?? .root
        let place = context.absolute(to)
        let target = try NewPlace(place, on: RealFileSystem())
        try target.take(.file(.root, executable: false, size: 0, digest: .zero))
        try access.ask(.export(id: id, path: path)) {
            if case .data(let bytes) = $0 { try target.take(.data(bytes[...])) }
        }
        try target.take(.endOfFile)
        try target.finish()
        if choice.json {
            let document = SnapshotRestoredDocument(
                command: "snapshot export",
                pair: entry.document,
                snapshot: id,
                path: path,
                place: place,
                entries: 1,
                bytes: target.bytes
            )
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line("wrote \(place), \(Quantities.bytes(target.bytes))")
        }
        return .done
    }
}
