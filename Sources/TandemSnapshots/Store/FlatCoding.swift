import TandemTree

/// Writes the flat little-endian records of the store and of the snapshot protocol.
struct FlatWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    init() {}

    mutating func put(_ value: UInt8) { bytes.append(value) }

    mutating func put(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func put(_ value: UInt32) {
        put(UInt16(truncatingIfNeeded: value))
        put(UInt16(truncatingIfNeeded: value >> 16))
    }

    mutating func put(_ value: UInt64) {
        put(UInt32(truncatingIfNeeded: value))
        put(UInt32(truncatingIfNeeded: value >> 32))
    }

    mutating func put(_ value: Int64) { put(UInt64(bitPattern: value)) }

    mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func put(_ value: Digest) { value.append(to: &bytes) }

    mutating func put(raw value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    /// Bytes with their count before them.
    mutating func put(counted value: [UInt8]) {
        put(UInt32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    mutating func put(_ text: String) { put(counted: Array(text.utf8)) }

    /// The bytes followed by their SHA-256.
    func sealed() -> [UInt8] { bytes + ContentHasher.digest(of: bytes).bytes }
}

/// What a reader found to be no record.
struct FlatDamage: Error, Sendable {}

/// Reads what `FlatWriter` wrote; whatever the bytes, the result is a value or `FlatDamage`.
///
/// Invariant: `position <= end <= bytes.count`.
struct FlatReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// Reads bytes that end in their SHA-256.
    init(sealed bytes: [UInt8]) throws(FlatDamage) {
        let count = bytes.count - Digest.byteCount
        guard count >= 0, let seal = Digest(bytes: bytes[count...]),
            ContentHasher.digest(of: Array(bytes[..<count])) == seal
        else { throw FlatDamage() }
        self.bytes = bytes
        position = 0
        end = count
    }

    var remaining: Int { end - position }
    var isAtEnd: Bool { position == end }

    mutating func u8() throws(FlatDamage) -> UInt8 {
        guard position < end else { throw FlatDamage() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func u16() throws(FlatDamage) -> UInt16 {
        guard end - position >= 2 else { throw FlatDamage() }
        defer { position += 2 }
        return UInt16(bytes[position]) | UInt16(bytes[position + 1]) << 8
    }

    mutating func u32() throws(FlatDamage) -> UInt32 {
        UInt32(try u16()) | UInt32(try u16()) << 16
    }

    mutating func u64() throws(FlatDamage) -> UInt64 {
        UInt64(try u32()) | UInt64(try u32()) << 32
    }

    mutating func i64() throws(FlatDamage) -> Int64 { Int64(bitPattern: try u64()) }

    mutating func flag() throws(FlatDamage) -> Bool {
        switch try u8() {
        case 0: return false
        case 1: return true
        default: throw FlatDamage()
        }
    }

    mutating func digest() throws(FlatDamage) -> Digest {
        guard let digest = Digest(bytes: try slice(Digest.byteCount)) else { throw FlatDamage() }
        return digest
    }

    mutating func slice(_ count: Int) throws(FlatDamage) -> ArraySlice<UInt8> {
        guard count >= 0, count <= end - position else { throw FlatDamage() }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    /// Bytes with their count before them.
    mutating func counted(atMost limit: Int) throws(FlatDamage) -> [UInt8] {
        let count = try u32()
        guard count <= limit else { throw FlatDamage() }
        return Array(try slice(Int(count)))
    }

    mutating func text(atMost limit: Int) throws(FlatDamage) -> String {
        guard let text = String(validating: try counted(atMost: limit), as: UTF8.self) else {
            throw FlatDamage()
        }
        return text
    }

    /// How many records follow, each of at least `size` bytes: a count without bytes is damage.
    mutating func count(ofSize size: Int) throws(FlatDamage) -> Int {
        let count = Int(try u32())
        guard count <= remaining / max(size, 1) else { throw FlatDamage() }
        return count
    }
}
