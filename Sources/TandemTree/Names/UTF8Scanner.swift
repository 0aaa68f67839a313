/// Reads scalars from bytes that may be anything.
struct UTF8Scanner<Bytes: Collection<UInt8>> {
    /// What stands at one position.
    enum Element {
        case scalar(Unicode.Scalar)
        case invalid(UInt8)
    }

    private let bytes: Bytes
    private var position: Bytes.Index

    init(_ bytes: Bytes) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The next scalar, or the next byte that begins none (Unicode 15, table 3-7).
    mutating func next() -> Element? {
        guard position != bytes.endIndex else { return nil }
        let first = bytes[position]
        bytes.formIndex(after: &position)
        if first < 0x80 { return .scalar(Unicode.Scalar(first)) }
        let (length, lowest): (Int, UInt32)
        var value: UInt32
        switch first {
        case 0xC2...0xDF: (length, lowest, value) = (1, 0x80, UInt32(first & 0x1F))
        case 0xE0...0xEF: (length, lowest, value) = (2, 0x800, UInt32(first & 0x0F))
        case 0xF0...0xF4: (length, lowest, value) = (3, 0x1_0000, UInt32(first & 0x07))
        default: return .invalid(first)
        }
        var end = position
        for _ in 0..<length {
            guard end != bytes.endIndex, bytes[end] & 0xC0 == 0x80 else { return .invalid(first) }
            value = value << 6 | UInt32(bytes[end] & 0x3F)
            bytes.formIndex(after: &end)
        }
        guard value >= lowest, let scalar = Unicode.Scalar(value) else { return .invalid(first) }
        position = end
        return .scalar(scalar)
    }
}
