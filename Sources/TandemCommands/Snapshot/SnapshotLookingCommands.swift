package import ArgumentParser
import TandemSnapshots
import TandemSystem
import TandemTree

/// `tandem snapshot show`.
package struct SnapshotShowCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List what a snapshot holds.",
        discussion: """
              tandem snapshot show latest
              tandem snapshot show 3f2a src --all
            """
    )

    @Argument(help: "The start of the snapshot's id, or latest.")
    package var id: String

    @Argument(help: "Only this entry, and what is below it.")
    package var path: String?

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        let path = try self.path.map(ShelfPath.parse) ?? .root
        var info: SnapshotInfo?
        var entries: [(path: RelativePath, state: EntryState)] = []
        try access.ask(.show(id: id, path: path)) { answer in
            if case .snapshot(let found) = answer { info = found }
            if case .entry(let path, let state) = answer { entries.append((path, state)) }
        }
        guard let info else { throw CommandError(.failed, "the daemon gave no snapshot") }
        if choice.json {
            let document = SnapshotContentDocument(pair: entry.document, info, entries)
            context.console.document(try JSONDocument.text(document))
        } else {
            for line in SnapshotText.one(info, now: context.time.wall) {
                context.console.line(line)
            }
            let shown = listing.all ? entries[...] : entries.prefix(ReportText.listLimit)
            for (path, state) in shown {
                let size = state.kind == .file ? "  \(Quantities.bytes(state.size))" : ""
                context.console.line(StyledText("  \(path.shown(as: state.kind))\(size)"))
            }
            if shown.count < entries.count {
                let rest = Quantities.count(entries.count - shown.count)
                context.console.line(StyledText("  … and \(rest) more (--all)", .faint))
            }
        }
        return .done
    }
}

/// `tandem snapshot diff`.
package struct SnapshotDiffCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two snapshots, or a snapshot and the tree.",
        discussion: """
              tandem snapshot diff 3f2a 91bc
              tandem snapshot diff latest      against the vm's tree as it stands
            """
    )

    @Argument(help: "The older snapshot: the start of its id, or latest.")
    package var old: String

    @Argument(help: "The newer one; the vm's tree if left out.")
    package var new: String?

    @OptionGroup package var choice: SnapshotChoice
    @OptionGroup package var listing: ListingChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        var found: [Difference] = []
        try access.ask(.diff(old: old, new: new)) {
            if case .difference(let difference) = $0 { found.append(difference) }
        }
        if choice.json {
            let document = SnapshotDiffDocument(pair: entry.document, old, new, found)
            context.console.document(try JSONDocument.text(document))
            return .done
        }
        let other = new.map { "the snapshot \($0)" } ?? "the tree"
        guard !found.isEmpty else {
            context.console.line("nothing differs between \(old) and \(other)")
            return .done
        }
        let count = Quantities.count(found.count, "difference")
        context.console.line(StyledText("\(count) from \(old) to \(other)", .strong))
        let shown = listing.all ? found[...] : found.prefix(ReportText.listLimit)
        for difference in shown { context.console.line(Self.line(difference)) }
        if shown.count < found.count {
            let rest = Quantities.count(found.count - shown.count)
            context.console.line(StyledText("  … and \(rest) more (--all)", .faint))
        }
        return .done
    }

    private static func line(_ difference: Difference) -> StyledText {
        let name = difference.path.shown(as: (difference.new ?? difference.old)?.kind)
        switch (difference.old, difference.new) {
        case (nil, _): return StyledText("  + ", .good) + StyledText(name)
        case (_, nil): return StyledText("  - ", .bad) + StyledText(name)
        default: return StyledText("  ~ ", .warning) + StyledText(name)
        }
    }
}

/// `tandem snapshot stats`.
package struct SnapshotStatsCommand: SnapshotSubcommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show how large the store is, how often one is taken and which are kept.",
        discussion: """
            What is taken and kept comes from tandem.yml (`snapshots: every` and `keep`),
            or from the arguments that the snapshot daemon was started with.

              tandem snapshot stats
            """
    )

    @OptionGroup package var choice: SnapshotChoice

    package init() {}

    package func run(in context: CommandContext) throws -> ExitCode {
        let (entry, access) = try choice.open(in: context)
        var found = StoreStatistics()
        try access.ask(.statistics) { if case .statistics(let all) = $0 { found = all } }
        let settings = try access.settings(nil)
        if choice.json {
            let document = SnapshotStatsDocument(pair: entry.document, found, settings)
            context.console.document(try JSONDocument.text(document))
        } else {
            let lines = SnapshotText.statistics(found, now: context.time.wall)
            for line in lines + SnapshotText.settings(settings) { context.console.line(line) }
        }
        return settings?.damage == nil ? .done : .attention
    }
}
