/// Sixteen bytes that name something.
package protocol Identifier: Hashable, Sendable {
    var high: UInt64 { get }
    var low: UInt64 { get }
    init(high: UInt64, low: UInt64)
}

extension Identifier {
    /// Takes exactly 16 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }

    /// The 16 bytes, first byte first.
    package var bytes: [UInt8] {
        [high, low].flatMap { part in
            (0..<8).reversed().map { UInt8(truncatingIfNeeded: part >> UInt64(8 * $0)) }
        }
    }

    /// The bytes as 32 hexadecimal digits, fit for a file name.
    package var hex: String {
        bytes.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// The random name of a pair, drawn when it is made.
package struct PairID: Identifier {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The random name of one generation (DESIGN.md, "Committing a generation").
package struct LineageToken: Identifier {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension ByteReader {
    mutating func identifier<Name: Identifier>(
        _ field: StaticString
    ) throws(ProtocolError) -> Name {
        guard let name = Name(bytes: try slice(16, field)) else {
            throw ProtocolError(.badValue, field)
        }
        return name
    }

    /// Reads a flag and, if it is set, an identifier.
    mutating func optionalIdentifier<Name: Identifier>(
        _ field: StaticString
    ) throws(ProtocolError) -> Name? {
        guard try flag(field) else { return nil }
        let name: Name = try identifier(field)
        return name
    }
}

extension [UInt8] {
    mutating func append(optional name: (some Identifier)?) {
        append(flag: name != nil)
        if let name { append(contentsOf: name.bytes) }
    }
}
