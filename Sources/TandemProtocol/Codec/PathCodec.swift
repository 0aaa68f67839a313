import TandemTree

/// Writes paths as what differs from the path before: shared length, own length, own bytes.
struct PathWriter: Sendable {
    private(set) var previous: [UInt8] = []

    mutating func append(_ path: RelativePath, to bytes: inout [UInt8]) {
        let own = path.bytes
        Self.append(own, after: previous, to: &bytes)
        previous = own
    }

    static func append(_ own: [UInt8], after previous: [UInt8], to bytes: inout [UInt8]) {
        var shared = 0
        let limit = min(own.count, previous.count)
        while shared < limit && own[shared] == previous[shared] { shared += 1 }
        bytes.appendVarint(count: shared)
        bytes.append(counted: own[shared...])
    }
}

/// Reads what `PathWriter` wrote and validates every path.
struct PathReader: Sendable {
    private(set) var previous: [UInt8] = []
    /// Invariant: the sum over all paths read so far is at most `Limits.pathBytesInFrame`.
    private var total = 0

    /// Reads the next path; the root, which is empty, only where `root` says so.
    mutating func path(
        _ reader: inout ByteReader,
        _ field: StaticString,
        root: Bool = false
    ) throws(ProtocolError) -> RelativePath {
        let bytes = try next(&reader, after: previous, field)
        previous = bytes
        return root && bytes.isEmpty ? .root : try Self.validated(bytes, field)
    }

    /// Reads a path written against `base` without remembering it.
    mutating func path(
        _ reader: inout ByteReader,
        after base: RelativePath,
        _ field: StaticString
    ) throws(ProtocolError) -> RelativePath {
        try Self.validated(try next(&reader, after: base.bytes, field), field)
    }

    private mutating func next(
        _ reader: inout ByteReader,
        after base: [UInt8],
        _ field: StaticString
    ) throws(ProtocolError) -> [UInt8] {
        let shared = try reader.number(field, atMost: base.count)
        let own = try reader.number(field, atMost: Limits.path - shared)
        total += shared + own
        guard total <= Limits.pathBytesInFrame else { throw ProtocolError(.tooMany, field) }
        let rest = try reader.slice(own, field)
        // One path has one writing: what could be shared is shared.
        if shared < base.count, rest.first == base[shared] {
            throw ProtocolError(.badValue, field)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(shared + own)
        bytes.append(contentsOf: base[..<shared])
        bytes.append(contentsOf: rest)
        return bytes
    }

    /// Gives the path if it may name an entry; the root and `.tandem` may not.
    static func validated(
        _ bytes: [UInt8],
        _ field: StaticString
    ) throws(ProtocolError) -> RelativePath {
        guard !bytes.isEmpty, let path = try? RelativePath(validating: bytes) else {
            throw ProtocolError(.badPath, field)
        }
        return path
    }
}

extension ByteReader {
    /// Reads a path written whole; the root, which is empty, only where `root` says so.
    mutating func wholePath(
        _ field: StaticString,
        root: Bool = false
    ) throws(ProtocolError) -> RelativePath {
        let bytes = try counted(field, atMost: Limits.path)
        if root && bytes.isEmpty { return .root }
        return try PathReader.validated(bytes, field)
    }
}
