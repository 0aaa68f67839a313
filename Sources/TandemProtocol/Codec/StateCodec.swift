import TandemTree

/// A state on the wire: one byte of kind and flags, the size, the digest.
///
///     00            absent
///     k + flags     k: 1 file, 2 directory, 3 link, 4 other; +8 executable (files only);
///                   +16 a digest follows (always for files and links; else if it is not zero)
///     varint        size, unless a directory
///     32 bytes      digest, if +16
enum StateCodec {
    static let absent: UInt8 = 0
    private static let kindMask: UInt8 = 0x07
    private static let executable: UInt8 = 0x08
    private static let hasDigest: UInt8 = 0x10
    private static let digestSize = 32

    static func append(_ state: EntryState?, to bytes: inout [UInt8]) {
        guard let state else { return bytes.append(absent) }
        let withDigest = needsDigest(state.kind) || state.digest != .zero
        var first = state.kind.rawValue
        if state.executable && state.kind == .file { first |= executable }
        if withDigest { first |= hasDigest }
        bytes.append(first)
        if state.kind != .directory { bytes.appendVarint(state.size) }
        if withDigest { state.digest.append(to: &bytes) }
    }

    static func read(
        _ reader: inout ByteReader,
        _ field: StaticString
    ) throws(ProtocolError) -> EntryState? {
        let first = try reader.byte(field)
        if first == absent { return nil }
        guard let kind = EntryKind(rawValue: first & kindMask),
            first & ~(kindMask | executable | hasDigest) == 0
        else { throw ProtocolError(.badValue, field) }
        let isExecutable = first & executable != 0
        let withDigest = first & hasDigest != 0
        guard !isExecutable || kind == .file, withDigest || !needsDigest(kind) else {
            throw ProtocolError(.badValue, field)
        }
        let size = kind == .directory ? 0 : try reader.number(field, atMost: Limits.fileSize)
        let digest = withDigest ? try reader.digest(field) : .zero
        return EntryState(kind: kind, executable: isExecutable, size: size, digest: digest)
    }

    /// Reads a state that must be there.
    static func readPresent(
        _ reader: inout ByteReader,
        _ field: StaticString
    ) throws(ProtocolError) -> EntryState {
        guard let state = try read(&reader, field) else { throw ProtocolError(.badValue, field) }
        return state
    }

    private static func needsDigest(_ kind: EntryKind) -> Bool { kind == .file || kind == .link }
}

extension ByteReader {
    mutating func digest(_ field: StaticString) throws(ProtocolError) -> Digest {
        guard let digest = Digest(bytes: try slice(32, field)) else {
            throw ProtocolError(.badValue, field)
        }
        return digest
    }
}
