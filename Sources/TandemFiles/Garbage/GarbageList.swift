import TandemTree

/// The list of a batch: what was cleaned and from where, sealed by a digest.
struct GarbageList: Sendable {
    var time: Int64
    var entries: [GarbageEntry]

    private static let magic = Array("TNDMGRB1".utf8)
    /// Room for some millions of paths.
    static let longest = 1 << 29

    init(time: Int64, entries: [GarbageEntry]) {
        self.time = time
        self.entries = entries
    }

    /// The bytes on the disk.
    ///
    /// Magic, time, count; for each entry its size, a byte for a directory, the path's length and
    /// the path; then the digest of all before it. Numbers are little-endian.
    var encoded: [UInt8] {
        var bytes = Self.magic
        Self.append(UInt64(bitPattern: time), to: &bytes)
        Self.append(UInt64(entries.count), to: &bytes)
        for entry in entries {
            Self.append(entry.bytes, to: &bytes)
            bytes.append(entry.isDirectory ? 1 : 0)
            Self.append(UInt32(entry.path.bytes.count), to: &bytes)
            bytes.append(contentsOf: entry.path.bytes)
        }
        return bytes + ContentHasher.digest(of: bytes).bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        var value = value
        for _ in 0..<(type(of: value).bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    /// Reads a list; nil for anything else, damaged ones among them.
    init?(decoding bytes: [UInt8]) {
        let end = bytes.count - Digest.byteCount
        guard end >= Self.magic.count, bytes.starts(with: Self.magic),
            Digest(bytes: bytes[end...]) == ContentHasher.digest(of: Array(bytes[..<end]))
        else { return nil }
        var rest = bytes[Self.magic.count..<end]
        guard let time = Self.take(UInt64.self, from: &rest),
            let count = Self.take(UInt64.self, from: &rest)
        else { return nil }
        self.time = Int64(bitPattern: time)
        entries = []
        for _ in 0..<count {
            guard let size = Self.take(UInt64.self, from: &rest),
                let isDirectory = rest.popFirst(),
                let length = Self.take(UInt32.self, from: &rest), length <= rest.count,
                let path = try? RelativePath(validating: Array(rest.prefix(Int(length)))),
                !path.isRoot
            else { return nil }
            rest = rest.dropFirst(Int(length))
            entries.append(
                GarbageEntry(
                    path: path,
                    kind: 0,
                    isDirectory: isDirectory == 1,
                    device: 0,
                    inode: 0,
                    files: 1,
                    bytes: size
                )
            )
        }
        guard rest.isEmpty else { return nil }
    }

    private static func take<Value: FixedWidthInteger>(
        _: Value.Type,
        from rest: inout ArraySlice<UInt8>
    ) -> Value? {
        let size = Value.bitWidth / 8
        guard rest.count >= size else { return nil }
        var value: Value = 0
        for byte in rest.prefix(size).reversed() { value = value << 8 | Value(byte) }
        rest = rest.dropFirst(size)
        return value
    }
}
