package import ArgumentParser
import TandemConfiguration
import TandemDaemon
import TandemProject
import TandemSync
import TandemTree

/// `tandem config diff`.
package struct ConfigDiffCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show how tandem.yml differs from what is approved.",
        discussion: """
            Exit code 0 if nothing waits, 1 if something does.

              tandem config diff
              tandem config diff shop --json
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let place = try ConfigPlace(choice, in: context)
        let waiting = try WaitingContent(place, in: context)
        if json {
            context.console.document(try JSONDocument.text(ConfigDiffDocument(waiting)))
        } else {
            for line in waiting.lines { context.console.line(line) }
        }
        return waiting.isWaiting ? .attention : .done
    }
}

/// `tandem config approve`.
package struct ConfigApproveCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Show what waits of tandem.yml, and let it take effect.",
        discussion: """
            The difference to what is in force comes first, then the question. Exactly the
            content that was shown is approved: one that arrives meanwhile waits again.

              tandem config approve
              tandem config approve shop --yes
            """
    )

    @OptionGroup package var choice: PairChoice

    @Flag(name: .shortAndLong, help: "Approve without the question.")
    package var yes = false

    @Flag(help: "Print one JSON object instead of text.")
    package var json = false

    package init() {}

    package var wantsJSON: Bool { json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let place = try ConfigPlace(choice, in: context)
        let entry = try place.paired()
        let waiting = try WaitingContent(place, in: context)
        if let error = waiting.error { throw error }
        if !json { for line in waiting.lines { context.console.line(line) } }
        if waiting.isWaiting {
            guard yes || context.console.confirm("Approve it?") else {
                throw CommandError(
                    .attention,
                    "not approved; what was in force still is",
                    next: "answer yes on a terminal, or add --yes"
                )
            }
            try approve(waiting, of: entry, in: context)
        }
        if json {
            context.console.document(try JSONDocument.text(ConfigDiffDocument(waiting)))
        } else if waiting.isWaiting {
            context.console.line(StyledText("approved", .good))
        }
        return .done
    }

    private func approve(
        _ waiting: WaitingContent,
        of entry: PairEntry,
        in context: CommandContext
    ) throws {
        let state = context.laptopPair(entry).stateDirectory
        try StateDirectories.prepare(state, forbidden: 0o077)
        let store = TrustStore(stateDirectory: state)
        // Read anew: an agent may have noted meanwhile what came from the vm.
        var trust = store.load()?.trust ?? ConfigurationTrust()
        trust.approve(waiting.content.map(Configuration.digest))
        try store.save(trust, content: waiting.content)
    }
}

/// What a directory's `tandem.yml` holds beside what is approved; read once, so that what is
/// shown is what is approved.
struct WaitingContent {
    let content: [UInt8]?
    let approved: [UInt8]?
    let isWaiting: Bool
    let origin: ConfigurationTrust.Origin?
    let diff: TextDiff
    let change: SettingsChange
    /// What is wrong with it.
    let error: ConfigurationError?

    init(_ place: ConfigPlace, in context: CommandContext) throws {
        let entry = try place.paired()
        let kept = try context.kept(of: entry)
        let content = try place.files.shared()
        let digest = content.map(Configuration.digest)
        self.content = content
        approved = kept.content
        isWaiting = !kept.trust.allows(digest)
        origin = isWaiting ? kept.trust.pending?.origin ?? .unknown : nil
        diff = TextDiff(from: kept.content, to: content)
        let local = try place.files.local()
        func settings(_ bytes: [UInt8]?) throws -> ProjectSettings {
            guard let bytes else { return ProjectSettings(withoutFile: .twoWay) }
            return ProjectSettings(try Configuration.readForUse(bytes, local: local))
        }
        let old = (try? settings(kept.content)) ?? ProjectSettings(withoutFile: .twoWay)
        do {
            change = SettingsChange(from: old, to: try settings(content))
            error = nil
        } catch let wrong as ConfigurationError {
            change = SettingsChange(from: old, to: old)
            error = wrong
        }
    }

    var lines: [StyledText] {
        guard isWaiting else { return [StyledText("nothing waits", .good)] }
        let from = origin == .vm ? "from the vm" : "of unknown origin"
        let file = Configuration.fileName
        var lines = [
            content == nil
                ? StyledText("\(file) is gone (\(from)); what was approved holds", .warning)
                : StyledText("\(file) \(from) waits for approval", .warning)
        ]
        lines += diff.lines.map { StyledText($0.shown, $0.kind.tone) }
        if let error {
            lines.append(StyledText("it is wrong:", .bad))
            return lines + error.problems.map { StyledText("  \($0)") }
        }
        lines.append("in effect it changes:")
        if change.isEmpty { lines.append("  nothing") }
        return lines + change.sentences.map { StyledText("  \($0)") }
    }
}

extension TextDiff.Kind {
    fileprivate var tone: Tone {
        switch self {
        case .same: .plain
        case .removed: .bad
        case .added: .good
        case .gap: .faint
        }
    }
}
