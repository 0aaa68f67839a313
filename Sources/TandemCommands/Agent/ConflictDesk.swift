import Dispatch
import Foundation
import TandemControl
import TandemStore
import TandemTree

/// One pair's conflicts, for the commands that look at them and settle them.
struct ConflictDesk {
    /// What one side holds.
    enum Content: Hashable, Sendable {
        case absent
        case bytes([UInt8])
        /// A directory, or more than is fetched.
        case notFetched
    }

    struct Sides: Hashable, Sendable {
        var laptop: Content
        var vm: Content
    }

    let entry: PairEntry
    private let catalogue: any PairCatalogue
    private let context: CommandContext
    private let agent: (any AgentConversation)?

    /// Finds the pair; where the agent keeps it in sync, the store is brought up to date first.
    init(_ choice: PairChoice, _ context: CommandContext) throws {
        (entry, catalogue) = try context.find(choice)
        self.context = context
        agent = try context.owner(of: entry)?.agent
        _ = try agent?.ask(.conflicts(pair: entry.hexID))
    }

    func close() { agent?.close() }

    /// The open conflicts, by number.
    func records() throws -> [ConflictRecord] {
        try catalogue.conflicts(of: entry).sorted { $0.number < $1.number }
    }

    func record(_ number: Int) throws -> ConflictRecord {
        guard let record = try records().first(where: { $0.number == number }) else {
            throw CommandError(
                .failed,
                "\(entry.name) has no conflict \(number)",
                next: "tandem conflicts \(entry.name)"
            )
        }
        return record
    }

    func noteShown(_ records: [ConflictRecord]) throws {
        try catalogue.noteShown(records.map(\.conflict), of: entry)
    }

    // MARK: What only the agent can do

    private func owner() throws -> any AgentConversation {
        guard let agent else {
            throw CommandError(
                .unreachable,
                "this needs the agent, and \(entry.name) is not up",
                next: "tandem up \(entry.name)"
            )
        }
        return agent
    }

    /// The contents of both sides, fetched now.
    func contents(_ record: ConflictRecord) throws -> Sides {
        Sides(
            laptop: try content(record.conflict.path, .laptop, record.conflict.laptop),
            vm: try content(record.conflict.path, .vm, record.conflict.vm)
        )
    }

    private func content(
        _ path: RelativePath,
        _ side: Side,
        _ state: EntryState?
    ) throws -> Content {
        guard let state else { return .absent }
        guard state.kind == .file || state.kind == .link, state.size <= Self.longestContent else {
            return .notFetched
        }
        let request = ControlRequest.contents(
            pair: entry.hexID,
            path: WirePath(path),
            side: side.rawValue,
            limit: Self.longestContent
        )
        let deadline = DispatchTime.now() + .seconds(Self.contentSeconds)
        guard case .contents(let answer) = try owner().ask(request, until: deadline) else {
            throw ControlError(.garbled, "the agent answered something else than it was asked")
        }
        return answer.base64.flatMap { Data(base64Encoded: $0) }.map { .bytes(Array($0)) }
            ?? .absent
    }

    /// More nobody reads at a terminal.
    private static let longestContent = ContentAnswer.limit
    private static let contentSeconds = 30

    /// Settles conflicts with the versions that were shown; gives those that are open after it.
    func resolve(
        _ records: [ConflictRecord],
        keep: Settlement.Keep,
        wait: Duration
    ) throws -> [OpenConflict] {
        let agent = try owner()
        for record in records where !record.isAsShown {
            let name = "conflict \(record.number), \(record.conflict.path),"
            throw CommandError(
                .attention,
                record.shown == nil
                    ? "\(name) was never shown" : "\(name) changed since it was shown",
                next: "look at it: tandem conflicts show \(record.number) \(entry.name)"
            )
        }
        let settlements = records.map { record in
            Settlement(
                path: WirePath(record.conflict.path),
                laptop: record.shown?.laptop.map { WireState($0) },
                vm: record.shown?.vm.map { WireState($0) },
                keep: keep
            )
        }
        return try AgentBarrier(wait: wait).resolve(entry, settlements, agent, context)
    }
}

/// Which conflicts a person means.
struct ConflictSelection {
    let words: [String]

    init(_ words: [String]) {
        self.words = words
    }

    /// Finds them, each once, by number.
    ///
    /// - Throws: `CommandError` where a word means none.
    func choose(from records: [ConflictRecord]) throws(CommandError) -> [ConflictRecord] {
        var chosen: Set<Int> = []
        for word in words {
            let found = records.filter { matches(word, $0) }
            guard !found.isEmpty else {
                throw CommandError(
                    .failed,
                    Int(word) == nil
                        ? "no open conflict matches \(word)" : "there is no open conflict \(word)",
                    next: "tandem conflicts"
                )
            }
            chosen.formUnion(found.map(\.number))
        }
        return records.filter { chosen.contains($0.number) }
    }

    private func matches(_ word: String, _ record: ConflictRecord) -> Bool {
        if let number = Int(word) { return record.number == number }
        var matcher = IgnoreMatcher(
            rules: RuleSet(includesGit: true),
            gitignore: Array(word.utf8)
        )
        var names = record.conflict.path.components
        let kind = (record.conflict.laptop ?? record.conflict.vm)?.kind
        guard let last = names.popLast() else { return false }
        for name in names {
            if matcher.isIgnored(name: name, isDirectory: true) { return true }
            matcher.enter(directory: name)
        }
        return matcher.isIgnored(name: last, isDirectory: kind == .directory)
    }
}
