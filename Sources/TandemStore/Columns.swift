import Foundation
import GRDB
import TandemTree

/// How the project's values stand in columns; what is read back is checked, not trusted.
enum Columns {
    /// Kind, execute bit, size (little-endian), digest.
    private static let stateLength = 1 + 1 + 8 + 32

    static func data(_ state: EntryState?) -> Data? {
        guard let state else { return nil }
        var bytes: [UInt8] = [state.kind.rawValue, state.executable ? 1 : 0]
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: state.size >> (8 * shift))) }
        state.digest.append(to: &bytes)
        return Data(bytes)
    }

    static func state(_ row: Row, _ column: String) throws -> EntryState? {
        guard let data = row[column] as Data? else { return nil }
        let bytes = Array(data)
        guard bytes.count == stateLength, let kind = EntryKind(rawValue: bytes[0]), bytes[1] <= 1,
            let digest = Digest(bytes: bytes[10...])
        else { throw damaged(column) }
        let size = bytes[2..<10].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        return EntryState(kind: kind, executable: bytes[1] == 1, size: size, digest: digest)
    }

    static func path(_ row: Row) throws -> RelativePath {
        let bytes = try bytes(row, "path")
        if bytes.isEmpty { return .root }
        do {
            return try RelativePath(validating: bytes)
        } catch {
            throw damaged("path")
        }
    }

    static func bytes(_ row: Row, _ column: String) throws -> [UInt8] {
        guard let data = row[column] as Data? else { throw damaged(column) }
        return Array(data)
    }

    static func value<Value: RawRepresentable<String>>(
        _ row: Row,
        _ column: String
    ) throws -> Value {
        guard let value = Value(rawValue: row[column]) else { throw damaged(column) }
        return value
    }

    /// Generations are unsigned and SQLite's numbers are not: the bits stay the same.
    static func generation(_ row: Row) -> UInt64 { UInt64(bitPattern: row["generation"]) }

    private static func damaged(_ column: String) -> StoreError {
        StoreError(.damaged, "the store holds a \(column) that Tandem never wrote")
    }
}
