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
            project. `tandem pair` without arguments then pairs the two. Beside it goes
            tandem.schema.json, by which an editor knows the keys; in a git repository
            .gitignore gets a line for tandem.local.yml, which is your own.

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
        let directory = try context.directory(nil)
        let path = "\(directory)/\(Configuration.fileName)"
        guard !LocalPath.exists(path) else {
            throw CommandError(
                .configuration,
                "\(path) is there already, and stays as it is",
                next: "change it with an editor, or move it away first"
            )
        }
        let text = template(directory: directory)
        // What `pair` would refuse is never written.
        _ = try ProjectFile(try Configuration.read(Array(text.utf8)))
        try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644)
        let pair = "tandem pair"
        let files = [path] + (try companions(in: directory))
        if json {
            let document = InitDocument(file: path, files: files, next: pair)
            context.console.document(try JSONDocument.text(document))
        } else {
            for file in files { context.console.line(StyledText("wrote \(file)")) }
            context.console.line(StyledText("  next: \(pair)"))
        }
        return .done
    }

    /// Writes what goes beside the file; gives the paths that were written.
    private func companions(in directory: String) throws -> [String] {
        var written: [String] = []
        let schema = "\(directory)/\(ConfigurationSchema.fileName)"
        if !LocalPath.exists(schema) {
            try AtomicFile.write(Array(ConfigurationSchema.json.utf8), to: schema, mode: 0o644)
            written.append(schema)
        }
        let ignore = GitignoreFile(directory: directory)
        if try ignore.add(Configuration.localFileName) { written.append(ignore.path) }
        return written
    }

    /// The file: what was given, and the defaults that people change most.
    func template(directory: String) -> String {
        let name = name ?? PairAdmission.name(from: directory)
        let box = container ?? destination.container
        let vm = destination.port == nil ? destination.authority : "ssh://\(destination.authority)"
        let lines = [
            "# yaml-language-server: $schema=\(ConfigurationSchema.fileName)",
            "version: 1",
            "name: \(Self.quoted(name))",
            "",
            "vm: \(Self.quoted(vm))",
            box.map { "container: \(Self.quoted($0))" },
            "",
            "sync:",
            "  - from: .",
            "    to: \(Self.quoted(destination.path))",
            "    mode: two-way",
        ]
        return lines.compactMap(\.self).joined(separator: "\n") + "\n" + Self.suggestions
    }

    /// What many add; right as it stands once the marks are taken away.
    private static let suggestions = """

        # Where `tandem run` and hooks on the vm run:
        #workload:
        #  container: app
        #  directory: /app

        # What runs after a batch that changed such a path; on the laptop only from tandem.local.yml:
        #hooks:
        #  - when: [package.json, package-lock.json]
        #    on: vm
        #    run: npm ci

        """

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
    /// All that was written, the file first.
    var files: [String]
    var next: String
}
