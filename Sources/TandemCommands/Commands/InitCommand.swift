package import ArgumentParser
import TandemConfiguration
import TandemDaemon
import TandemSystem

/// `tandem init`: write the settings of a pair beside its files.
package struct InitCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write tandem.yml in this directory; one that is there stays.",
        discussion: """
            The file says which vm the directory belongs to, for all who work on the
            project. `tandem pair` without arguments then pairs the two.

              tandem init devvm:/app --container tandem-receiver
              tandem init ssh://me@devvm:2222/srv/app
            """
    )

    @Argument(
        help: ArgumentHelp("The directory on the vm.", valueName: "destination"),
        transform: { try Destination(parsing: $0) }
    )
    package var destination: Destination

    @Option(help: "The Podman container that runs the receiver.")
    package var container: String?

    @Option(help: "What to call the pair; the directory's name if left out.")
    package var name: String?

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package mutating func validate() throws {
        if let container { _ = try Destination.checked(container: container) }
        if let name, !PairAdmission.isName(name) {
            throw ValidationError("a name has letters, digits, dots, dashes and underscores")
        }
        guard destination.isAbsolute else {
            throw ValidationError("tandem.yml takes an absolute path on the vm: host:/path")
        }
    }

    package func run(in context: CommandContext) throws -> ExitCode {
        let path = "\(context.currentDirectory)/\(Configuration.fileName)"
        guard !LocalPath.exists(path) else {
            throw CommandError(
                .configuration,
                "\(path) is there already, and stays as it is",
                next: "change it with an editor, or move it away first"
            )
        }
        let text = template(directory: context.currentDirectory)
        // What `pair` would refuse is never written.
        _ = try ProjectFile(try Configuration.read(Array(text.utf8)))
        try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644)
        let pair = "tandem pair"
        if json {
            let document = InitDocument(file: path, next: pair)
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.line(StyledText("wrote \(path)"))
            context.console.line(StyledText("  next: \(pair)"))
        }
        return .done
    }

    /// The file: what was given, and the defaults that people change most.
    func template(directory: String) -> String {
        let name = name ?? PairAdmission.name(from: directory)
        let box = container ?? destination.container
        let vm = destination.port == nil ? destination.authority : "ssh://\(destination.authority)"
        let lines = [
            "version: 1",
            "name: \(Self.quoted(name))",
            "",
            "vm: \(Self.quoted(vm))",
            box.map { "container: \(Self.quoted($0))" },
            "",
            "sync:",
            "  - from: .",
            "    to: \(Self.quoted(destination.path))",
            "    mode: push",
        ]
        return lines.compactMap(\.self).joined(separator: "\n") + "\n"
    }

    /// A double-quoted YAML scalar; destinations and names hold no control characters.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

/// What `init --json` prints.
struct InitDocument: Encodable, Sendable {
    var schema = JSONDocument.schema
    var command = "init"
    var file: String
    var next: String
}
