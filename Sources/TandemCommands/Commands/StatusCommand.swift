package import ArgumentParser
import TandemDaemon
import TandemControl
import TandemSync
import TandemSystem

/// `tandem status`: what is known of the pairs without asking the vm.
package struct StatusCommand: TandemSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the pairs are: one verdict, then what is behind it.",
        discussion: """
            Where the agent runs it is asked; else what is remembered is shown. Ends with 0
            for ok or working, 1 for attention, 2 for broken, and 69 where pairs are up
            and no agent answers.

              tandem status              all pairs, or the one of this directory
              tandem status shop --all   with every problem
            """
    )

    @OptionGroup package var choice: PairChoice
    @OptionGroup package var output: OutputChoice

    package init() {}

    package var wantsJSON: Bool { output.json }

    package func run(in context: CommandContext) throws -> ExitCode {
        let catalogue = try context.openCatalogue()
        let entries = try chosen(catalogue, context)
        let agent = Self.agent(context)
        let states = try entries.map { entry in
            let live = agent.status?.pairs.first { $0.pair.id == entry.hexID }
            let isLive = live.map { $0.phase != .down } ?? false
            return PairState(
                entry: entry,
                lastRun: try catalogue.lastRun(of: entry),
                holder: isLive ? nil : Self.holder(of: context.laptopPair(entry).stateDirectory),
                live: isLive ? live : nil
            )
        }
        let isWanted = !(try catalogue.wantedUp().isDisjoint(with: entries.map(\.id)))
        let isMissed = agent.status == nil && isWanted
        let missing = isMissed ? agent.failure ?? Self.noAgent : nil
        if output.json {
            let document = StatusDocument(states, agent: agent.status, missing: missing)
            context.console.document(try JSONDocument.text(document))
        } else {
            let text = StatusText(states, now: context.time.wall, showsAll: output.all)
            for line in text.lines { context.console.line(line) }
            if let missing { for line in missing.lines { context.console.note(line) } }
        }
        if missing != nil { return .unreachable }
        return states.map(\.exitCode).max { $0.rawValue < $1.rawValue } ?? .done
    }

    private static let noAgent = CommandError(
        .unreachable,
        "pairs are up and no agent runs: nothing is kept in sync",
        next: "tandem up"
    )

    /// What the agent says; where it cannot be asked, why.
    private static func agent(
        _ context: CommandContext
    ) -> (status: AgentStatus?, failure: CommandError?) {
        do {
            guard let agent = try context.agent.running() else { return (nil, nil) }
            defer { agent.close() }
            return (try agent.statuses(), nil)
        } catch {
            return (nil, CommandError(error))
        }
    }

    /// All pairs where none is named and the directory is in none; no pair at all is an answer.
    private func chosen(
        _ catalogue: any PairCatalogue,
        _ context: CommandContext
    ) throws -> [PairEntry] {
        let pairs = try catalogue.pairs()
        let lookup = PairLookup(
            pairs: pairs,
            currentDirectory: try context.directory(choice.directory, forPair: choice.pair),
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
    /// What the agent says, where it keeps the pair in sync.
    var live: PairStatus?

    /// The one verdict.
    var verdict: Verdict {
        if let live { return live.verdict }
        switch word {
        case .working, .new, .good: return .ok
        case .attention: return .attention
        case .halted, .failed: return .broken
        }
    }

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
        if let live { return live.verdict.exitCode }
        switch word {
        case .working, .new, .good: return .done
        case .attention, .failed: return .attention
        case .halted: return .halted
        }
    }
}
