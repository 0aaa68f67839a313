package import ArgumentParser
import TandemDaemon
import TandemSync
import TandemSystem

/// `tandem status`: what is known of the pairs without asking the vm.
package struct StatusCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the pairs, their last push and what it left open.",
        discussion: """
            It asks nobody: what changed since the last push is shown by `tandem plan`.

              tandem status              all pairs, or the one of this directory
              tandem status shop --all   with every conflict
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let catalogue = try context.openCatalogue()
        let states = try chosen(catalogue, context).map { entry in
            PairState(
                entry: entry,
                lastRun: try catalogue.lastRun(of: entry),
                holder: Self.holder(of: context.laptopPair(entry).stateDirectory)
            )
        }
        if output.json {
            context.console.document(try JSONDocument.text(StatusDocument(states)))
        } else {
            let text = StatusText(states, now: context.time.wall, showsAll: output.all)
            for line in text.lines { context.console.line(line) }
        }
        return states.map(\.exitCode).max { $0.rawValue < $1.rawValue } ?? .done
    }

    /// All pairs where none is named and the directory is in none; no pair at all is an answer.
    private func chosen(
        _ catalogue: any PairCatalogue,
        _ context: CommandContext
    ) throws -> [PairEntry] {
        let pairs = try catalogue.pairs()
        let lookup = PairLookup(
            pairs: pairs,
            currentDirectory: choice.directory.map(context.absolute) ?? context.currentDirectory,
            home: context.home
        )
        guard choice.pair == nil else { return [try lookup.choose(choice.pair)] }
        return lookup.holding(lookup.currentDirectory).map { [$0] } ?? pairs
    }

    /// The process that works on a pair; nil when none does.
    private static func holder(of directory: String) -> PairState.Holder? {
        do {
            let lock = try StateLock(directory: directory)
            extendLifetime(lock)
            return nil
        } catch .held(_, let pid) {
            return PairState.Holder(pid: pid)
        } catch {
            return nil
        }
    }
}

/// What is known of one pair.
struct PairState: Sendable {
    /// A process that works on it.
    struct Holder: Sendable, Hashable {
        var pid: Int32?
    }

    /// The one-word state.
    enum Word: String, Sendable {
        case working
        case new
        case good = "ok"
        case attention
        case halted
        case failed
    }

    var entry: PairEntry
    var lastRun: RunRecord?
    var holder: Holder?

    var word: Word {
        if holder != nil { return .working }
        guard let lastRun else { return .new }
        switch ExitCode(rawValue: lastRun.exitCode) {
        case .done: return .good
        case .attention: return .attention
        case .halted: return .halted
        default: return .failed
        }
    }

    var exitCode: ExitCode {
        switch word {
        case .working, .new, .good: .done
        case .attention, .failed: .attention
        case .halted: .halted
        }
    }
}
