/// A place in received bytes; every read gives a value or a typed error, never a trap.
///
/// Invariant: `0 <= position <= end <= bytes.count`.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var remaining: Int { end - position }

    mutating func byte(_ field: StaticString) throws(ProtocolError) -> UInt8 {
        guard position < end else { throw ProtocolError(.truncated, field) }
        defer { position += 1 }
        return bytes[position]
    }

    /// Moves past `count` bytes and says where they are.
    mutating func range(_ count: Int, _ field: StaticString) throws(ProtocolError) -> Range<Int> {
        guard count <= remaining else { throw ProtocolError(.truncated, field) }
        defer { position += count }
        return position..<(position + count)
    }

    mutating func slice(
        _ count: Int,
        _ field: StaticString
    ) throws(ProtocolError) -> ArraySlice<UInt8> {
        bytes[try range(count, field)]
    }

    /// Reads a LEB128 number: at most 10 bytes, 64 bits, and no needless last byte.
    mutating func varint(_ field: StaticString) throws(ProtocolError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte(field)
            // The tenth byte holds bit 63 alone, so it can neither overflow nor go on.
            if shift == 63 && byte > 1 { throw ProtocolError(.badNumber, field) }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                if byte == 0 && shift > 0 { throw ProtocolError(.badNumber, field) }
                return value
            }
            shift += 7
        }
    }

    /// Reads a number that must not exceed `limit`.
    mutating func number<Number: FixedWidthInteger>(
        _ field: StaticString,
        atMost limit: Number
    ) throws(ProtocolError) -> Number {
        guard let value = Number(exactly: try varint(field)), value <= limit else {
            throw ProtocolError(.outOfRange, field)
        }
        return value
    }

    /// Reads how many items follow; each takes a byte at least, so a count without bytes fails.
    mutating func count(
        _ field: StaticString,
        atMost limit: Int = Limits.itemsInFrame
    ) throws(ProtocolError) -> Int {
        guard let count = Int(exactly: try varint(field)), count <= limit else {
            throw ProtocolError(.tooMany, field)
        }
        guard count <= remaining else { throw ProtocolError(.truncated, field) }
        return count
    }

    mutating func fixed32(_ field: StaticString) throws(ProtocolError) -> UInt32 {
        try slice(4, field).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func fixed64(_ field: StaticString) throws(ProtocolError) -> UInt64 {
        try slice(8, field).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func flag(_ field: StaticString) throws(ProtocolError) -> Bool {
        switch try byte(field) {
        case 0: return false
        case 1: return true
        default: throw ProtocolError(.badValue, field)
        }
    }

    /// Reads a length and that many bytes.
    mutating func counted(
        _ field: StaticString,
        atMost limit: Int
    ) throws(ProtocolError) -> [UInt8] {
        guard let count = Int(exactly: try varint(field)), count <= limit else {
            throw ProtocolError(.tooLong, field)
        }
        return Array(try slice(count, field))
    }

    mutating func text(
        _ field: StaticString,
        atMost limit: Int
    ) throws(ProtocolError) -> String {
        let bytes = try counted(field, atMost: limit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ProtocolError(.badText, field)
        }
        return text
    }

    /// Checks that the message ends where its fields do.
    func finish(_ message: StaticString) throws(ProtocolError) {
        guard position == end else { throw ProtocolError(.trailingBytes, message) }
    }
}
