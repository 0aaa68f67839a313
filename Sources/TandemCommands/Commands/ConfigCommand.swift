package import ArgumentParser
import TandemConfiguration
import TandemProject
import TandemSync
import TandemTree

/// `tandem config`: look at the configuration of a pair, and approve what waits.
package struct ConfigCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check, show and approve tandem.yml.",
        discussion: """
            tandem.yml takes effect as approved on this laptop. What arrived from the vm,
            or may have, waits; until then what was approved before holds.

              tandem config check     say everything that is wrong, with line and column
              tandem config show      what is in force, and where each value comes from
              tandem config approve   show what waits, and approve it
            """,
        subcommands: [
            ConfigCheckCommand.self, ConfigShowCommand.self, ConfigDiffCommand.self,
            ConfigApproveCommand.self, ConfigSchemaCommand.self,
        ],
        defaultSubcommand: ConfigCheckCommand.self
    )

    package init() {}
}

/// The directory whose configuration a command is about, and its pair where it has one.
struct ConfigPlace {
    let files: ConfigurationFiles
    let entry: PairEntry?

    init(_ choice: PairChoice, in context: CommandContext) throws {
        let directory = try context.directory(choice.directory, forPair: choice.pair)
        let catalogue = try context.openCatalogue()
        let pairs = try catalogue.pairs()
        let lookup = PairLookup(
            pairs: pairs,
            currentDirectory: directory,
            home: context.home
        )
        if choice.pair != nil {
            entry = try lookup.choose(choice.pair)
        } else {
            entry = lookup.holding(directory)
        }
        files = ConfigurationFiles(root: entry?.root ?? directory)
    }

    /// The pair, for what needs one.
    func paired() throws -> PairEntry {
        if let entry { return entry }
        throw CommandError(
            .configuration,
            "\(files.root) belongs to no pair, so nothing is in force there",
            next: "make one: tandem pair"
        )
    }
}

/// `tandem config check`.
package struct ConfigCheckCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong with the two files, with line and column.",
        discussion: """
            Exit code 0 if both are right, 78 if not. Nothing is changed, nothing approved.

              tandem config check
              tandem config check -C ~/shop --json
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let place = try ConfigPlace(choice, in: context)
        guard let shared = try place.files.shared() else {
            throw CommandError(
                .configuration,
                "there is no \(Configuration.fileName) in \(place.files.root)",
                next: "write one: tandem init host:/path"
            )
        }
        var problems: [ConfigurationError.Problem] = []
        var notes: [String] = []
        do {
            let configuration = try Configuration.read(shared, local: try place.files.local())
            problems = configuration.notDone
            notes = configuration.withoutEffect.map { value in
                let place = value.position.map { "\($0): " } ?? ""
                return "\(place)\(value.what) in this version"
            }
        } catch let error as ConfigurationError {
            problems = error.problems
        }
        let isWaiting = try place.entry.map { entry in
            let trust = try context.trust(of: entry)
            return !trust.allows(Configuration.digest(of: shared))
        }
        try show(problems, notes, isWaiting: isWaiting ?? false, place, in: context)
        return problems.isEmpty ? .done : .configuration
    }

    private func show(
        _ problems: [ConfigurationError.Problem],
        _ notes: [String],
        isWaiting: Bool,
        _ place: ConfigPlace,
        in context: CommandContext
    ) throws {
        if json {
            let document = ConfigCheckDocument(problems, notes, isWaiting: isWaiting)
            return context.console.document(try JSONDocument.text(document))
        }
        guard problems.isEmpty else {
            let count = Quantities.count(problems.count, "problem")
            context.console.line(StyledText("\(count) in \(place.files.root)", .bad))
            for problem in problems { context.console.line(StyledText("\(problem)")) }
            return
        }
        context.console.line(StyledText("right", .good) + StyledText(": \(place.files.sharedFile)"))
        for note in notes { context.console.line(StyledText("  \(note)", .warning)) }
        if isWaiting {
            let text = "  not approved here, so not in force; next: tandem config approve"
            context.console.line(StyledText(text, .warning))
        }
    }
}

/// `tandem config show`.
package struct ConfigShowCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is in force, and where each value comes from.",
        discussion: """
            Without a pair it shows what the files of this directory say.

              tandem config show
              tandem config show shop --json
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let place = try ConfigPlace(choice, in: context)
        let kept = try place.entry.map { try context.kept(of: $0) }
        let shared = try place.files.shared()
        let content = kept.map(\.content) ?? shared
        guard let content else {
            throw CommandError(
                .configuration,
                "no \(Configuration.fileName) is in force for \(place.files.root)",
                next: shared == nil
                    ? "write one: tandem init host:/path" : "approve it: tandem config approve"
            )
        }
        let configuration = try Configuration.read(content, local: try place.files.local())
        let digest = Configuration.digest(of: content)
        let isWaiting = shared.map(Configuration.digest) != digest
        if json {
            let document = ConfigShowDocument(configuration, digest: digest, isWaiting: isWaiting)
            context.console.document(try JSONDocument.text(document))
        } else {
            context.console.page("# \(Configuration.fileName) \(digest.hex.prefix(12))\n")
            if isWaiting { context.console.page("# other content waits: tandem config diff\n") }
            for line in configuration.effective().split(separator: "\n") {
                context.console.line(StyledText(String(line)))
            }
        }
        return .done
    }
}

/// `tandem config schema`.
package struct ConfigSchemaCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of tandem.yml, for an editor.",
        discussion: """
              tandem config schema > ~/.config/tandem.schema.json
            """
    )

    @Flag(help: "Print the same: a schema is JSON.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        context.console.page(ConfigurationSchema.json)
        return .done
    }
}

extension CommandContext {
    /// The trust and the approved content of a pair.
    func kept(of entry: PairEntry) throws -> (trust: ConfigurationTrust, content: [UInt8]?) {
        let state = laptopPair(entry).stateDirectory
        return TrustStore(stateDirectory: state).load() ?? (ConfigurationTrust(), nil)
    }

    func trust(of entry: PairEntry) throws -> ConfigurationTrust { try kept(of: entry).trust }
}
