import TandemTree

/// Writes fixed-width little-endian fields, for the files in the private area.
struct RecordWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func put(_ value: Digest) { value.append(to: &bytes) }

    /// Bytes with their count before them.
    mutating func put(_ value: [UInt8]) {
        put(UInt32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    mutating func put(raw value: [UInt8]) { bytes.append(contentsOf: value) }

    mutating func put(_ value: EntryState?) {
        guard let value else { return put(UInt8(0)) }
        put(value.kind.rawValue)
        put(value.executable)
        put(value.size)
        put(value.digest)
    }

    /// The bytes followed by their SHA-256.
    func sealed() -> [UInt8] { bytes + ContentHasher.digest(of: bytes).bytes }
}

/// Reads what `RecordWriter` wrote; any bytes give a value or nil.
struct RecordReader {
    private let bytes: [UInt8]
    private var position = 0
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    /// Reads bytes that end in their SHA-256; nil when it is another.
    init?(sealed bytes: [UInt8]) {
        let count = bytes.count - Digest.byteCount
        guard count >= 0, let seal = Digest(bytes: bytes[count...]),
            ContentHasher.digest(of: Array(bytes[..<count])) == seal
        else { return nil }
        self.bytes = bytes
        end = count
    }

    var isAtEnd: Bool { position == end }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        guard let field = take(MemoryLayout<Value>.size) else { return nil }
        var value: Value = 0
        for byte in field.reversed() { value = (value << 8) | Value(truncatingIfNeeded: byte) }
        return value
    }

    mutating func flag() -> Bool? {
        switch integer(UInt8.self) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    mutating func digest() -> Digest? { take(Digest.byteCount).flatMap { Digest(bytes: $0) } }

    /// Bytes with their count before them.
    mutating func counted() -> [UInt8]? {
        guard let count = integer(UInt32.self) else { return nil }
        return take(Int(count)).map { Array($0) }
    }

    mutating func raw(_ count: Int) -> [UInt8]? { take(count).map { Array($0) } }

    /// A path that an entry of the root may have.
    mutating func path() -> RelativePath? {
        counted().flatMap { try? RelativePath(validating: $0) }
    }

    /// A state, or nothing where the writer had none; the outer nil means damage.
    mutating func state() -> EntryState?? {
        guard let code = integer(UInt8.self) else { return nil }
        guard code != 0 else { return .some(nil) }
        guard let kind = EntryKind(rawValue: code), let executable = flag(),
            let size = integer(UInt64.self), let digest = digest()
        else { return nil }
        return EntryState(kind: kind, executable: executable, size: size, digest: digest)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= end - position else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }
}
