import Foundation
import TandemStore
import TandemTree

/// What `conflicts` and its subcommands print with `--json`.
struct ConflictsDocument: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        var number: Int
        var path: String
        var pathBytes: String?
        var reason: String
        var base: StateDocument?
        var laptop: StateDocument?
        var vm: StateDocument?
        var firstSeen: String
        var laptopModified: String?
        var vmModified: String?
        var generation: UInt64
        /// Base64; left out where nothing stands there or it was not fetched.
        var laptopContent: String?
        var vmContent: String?
        var diff: [String]?

        init(_ record: ConflictRecord) {
            let name = PathDocument(record.conflict.path)
            number = record.number
            path = name.path
            pathBytes = name.pathBytes
            reason = record.conflict.reason.rawValue
            base = record.conflict.base.map { StateDocument($0) }
            laptop = record.conflict.laptop.map { StateDocument($0) }
            vm = record.conflict.vm.map { StateDocument($0) }
            firstSeen = JSONDocument.time(record.firstSeen)
            laptopModified = record.laptopModified.map(JSONDocument.time)
            vmModified = record.vmModified.map(JSONDocument.time)
            generation = record.generation
        }

        mutating func take(_ sides: ConflictDesk.Sides) {
            laptopContent = Self.base64(sides.laptop)
            vmContent = Self.base64(sides.vm)
        }

        private static func base64(_ content: ConflictDesk.Content) -> String? {
            guard case .bytes(let bytes) = content else { return nil }
            return Data(bytes).base64EncodedString()
        }
    }

    var schema = JSONDocument.schema
    var command: String
    var pair: PairDocument
    var conflicts: [Item]
    /// After `resolve`: how many are open.
    var left: Int?

    init(_ verb: String, _ entry: PairEntry, _ records: [ConflictRecord]) {
        command = "conflicts \(verb)"
        pair = entry.document
        conflicts = records.map { Item($0) }
    }
}
