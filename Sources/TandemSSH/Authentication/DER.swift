/// Writes the few ASN.1 structures that OpenSSL reads private keys from.
enum DER {
    static func sequence(_ items: [UInt8]...) -> [UInt8] { tagged(0x30, items.flatMap(\.self)) }

    /// A number given as big-endian bytes without a sign.
    static func integer(_ magnitude: some Collection<UInt8>) -> [UInt8] {
        let digits = Array(magnitude.drop { $0 == 0 })
        return tagged(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
    }

    static func octets(_ bytes: [UInt8]) -> [UInt8] { tagged(0x04, bytes) }

    static func bits(_ bytes: [UInt8]) -> [UInt8] { tagged(0x03, [0] + bytes) }

    static func identifier(_ encoded: [UInt8]) -> [UInt8] { tagged(0x06, encoded) }

    static func explicit(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        tagged(0xA0 | number, content)
    }

    private static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        switch count {
        case ..<0x80: return [tag, UInt8(count)] + content
        case ..<0x100: return [tag, 0x81, UInt8(count)] + content
        default:
            return [tag, 0x82, UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)] + content
        }
    }
}

/// Reads a sequence of integers; anything else is nil.
struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) { rest = ArraySlice(bytes) }

    mutating func sequence() -> DERReader? { content(tag: 0x30).map { DERReader($0) } }

    mutating func integer() -> [UInt8]? { content(tag: 0x02) }

    private mutating func content(tag: UInt8) -> [UInt8]? {
        guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            guard first == 0x81 || first == 0x82 else { return nil }
            length = 0
            for _ in 0..<(first & 0x7F) {
                guard let byte = rest.popFirst() else { return nil }
                length = length << 8 | Int(byte)
            }
        }
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }
}
