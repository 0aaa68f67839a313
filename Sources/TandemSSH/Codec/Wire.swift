/// Writes the data types of SSH (RFC 4251 section 5).
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func uint32(_ value: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func string(_ value: some Collection<UInt8>) {
        uint32(UInt32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    mutating func string(_ text: String) { string(Array(text.utf8)) }

    /// A number given as big-endian bytes without a sign.
    mutating func mpint(_ magnitude: some Collection<UInt8>) {
        let digits = Array(magnitude.drop { $0 == 0 })
        string((digits.first ?? 0) >= 0x80 ? [0] + digits : digits)
    }
}

/// Reads the data types of SSH; every read past the end is nil.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) { rest = ArraySlice(bytes) }

    var isAtEnd: Bool { rest.isEmpty }

    var remaining: [UInt8] { Array(rest) }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func uint32() -> UInt32? {
        take(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    mutating func string() -> [UInt8]? {
        uint32().flatMap { take(Int($0)) }
    }

    mutating func text() -> String? {
        string().map { String(decoding: $0, as: UTF8.self) }
    }

    /// A number without its sign byte; nil also when it is negative.
    mutating func mpint() -> [UInt8]? {
        guard let digits = string() else { return nil }
        if let first = digits.first, first >= 0x80 { return nil }
        return Array(digits.drop { $0 == 0 })
    }
}
