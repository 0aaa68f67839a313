import Foundation
package import TandemDaemon
package import TandemStore
package import TandemSync
import TandemSystem
package import TandemTree

/// The pairs in this laptop's store.
package struct StoredCatalogue: PairCatalogue {
    /// How a pair is reached, as the store keeps it for this program.
    private struct Settings: Codable {
        var destination: String
        var connection: ConnectionSettings
    }

    /// More activity of one push than this is not worth its place.
    private static let notedChanges = 10_000

    private let store: Store

    /// Opens the store, making its directory where it is missing.
    package init(directories: StateDirectories) throws {
        try StateDirectories.prepare(directories.state)
        store = try Store(at: "\(directories.state)/\(Store.fileName)")
    }

    package func pairs() throws -> [PairEntry] {
        try store.pairs().map(Self.entry)
    }

    package func keep(_ pair: PairEntry) throws {
        let known = try store.pair(pair.id)
        let settings = Settings(
            destination: pair.destination.description,
            connection: pair.connection
        )
        try store.keep(
            PairRecord(
                id: pair.id,
                name: pair.name,
                laptopRoot: Array(pair.root.utf8),
                destination: pair.destination.authority,
                container: pair.destination.container,
                transport: pair.connection.transport.rawValue,
                vmRoot: pair.destination.path,
                mode: .push,
                created: known?.created ?? SystemTime().wall,
                settings: try Self.encoded(settings),
                lastRun: known?.lastRun
            )
        )
    }

    package func remember(_ run: RunRecord, of pair: PairEntry) throws {
        try store.remember(lastRun: try Self.encoded(run), of: pair.id)
    }

    package func remember(_ report: PushReport, of pair: PairEntry, at time: Int64) throws {
        try store.setConflicts(
            report.conflicts,
            of: pair.id,
            generation: report.generation,
            at: time
        )
        try store.note(Self.activity(report, at: time), of: pair.id)
    }

    package func lastRun(of pair: PairEntry) throws -> RunRecord? {
        guard let text = try store.pair(pair.id)?.lastRun else { return nil }
        // What an older version wrote in another form is as good as nothing remembered.
        return try? JSONDecoder().decode(RunRecord.self, from: Data(text.utf8))
    }

    package func conflicts(of pair: PairEntry) throws -> [ConflictRecord] {
        try store.conflicts(of: pair.id)
    }

    package func noteShown(_ conflicts: [Conflict], of pair: PairEntry) throws {
        try store.noteShown(conflicts, of: pair.id)
    }

    package func activity(
        of pair: PairEntry,
        _ query: ActivityQuery
    ) throws -> [ActivityRecord] {
        try store.activity(
            of: pair.id,
            at: query.path,
            actions: query.actions,
            since: query.since,
            limit: query.limit
        )
    }

    package func wantedUp() throws -> Set<[UInt8]> {
        Set(try store.wanted().filter(\.isUp).map(\.pair))
    }

    package func want(up isUp: Bool, _ pair: PairEntry) throws {
        try store.want(WantedRecord(pair: pair.id, isUp: isUp))
    }

    // MARK: - Records

    private static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func entry(_ record: PairRecord) throws -> PairEntry {
        guard
            let settings = try? JSONDecoder().decode(
                Settings.self,
                from: Data(record.settings.utf8)
            ),
            let destination = try? Destination(parsing: settings.destination)
        else {
            throw CommandError(
                .configuration,
                "the pair \(record.name) was kept in a form that this version does not read",
                next: "pair the two directories again with the version that made it"
            )
        }
        return PairEntry(
            name: record.name,
            id: record.id,
            root: String(decoding: record.laptopRoot, as: UTF8.self),
            destination: destination,
            connection: settings.connection
        )
    }

    private static func activity(_ report: PushReport, at time: Int64) -> [ActivityRecord] {
        let generation = report.generation
        let refused = Set(report.refusals.map(\.path)).union(report.conflicts.map(\.path))
        let done = report.changes.prefix(notedChanges).filter { !refused.contains($0.path) }
        var records = done.map {
            ActivityRecord(
                time: time,
                path: $0.path,
                action: $0.new == nil ? .removedOnVM : .sent,
                generation: generation
            )
        }
        records += report.conflicts.prefix(notedChanges).map {
            ActivityRecord(
                time: time,
                path: $0.path,
                action: .conflicted,
                reason: $0.reason.sentence,
                generation: generation
            )
        }
        records += report.refusals.prefix(notedChanges).map {
            ActivityRecord(
                time: time,
                path: $0.path,
                action: .refused,
                reason: $0.reason,
                generation: generation
            )
        }
        return records
    }
}
