extension [UInt8] {
    /// Appends a LEB128 number: seven bits a byte, low bits first.
    @inline(__always)
    mutating func appendVarint(_ value: some UnsignedInteger & FixedWidthInteger) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a count, which is never negative.
    mutating func appendVarint(count: Int) {
        appendVarint(UInt64(count))
    }

    mutating func appendFixed32(_ value: UInt32) {
        for shift: UInt32 in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func appendFixed64(_ value: UInt64) {
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func setFixed32(_ value: UInt32, at index: Int) {
        for place in 0..<4 {
            self[index + place] = UInt8(truncatingIfNeeded: value >> UInt32(8 * place))
        }
    }

    mutating func append(flag: Bool) {
        append(flag ? 1 : 0)
    }

    /// Appends a length and the bytes.
    mutating func append(counted bytes: some Collection<UInt8>) {
        appendVarint(count: bytes.count)
        append(contentsOf: bytes)
    }

    /// Appends a length and the text's UTF-8, cut to at most `limit` bytes between characters.
    mutating func append(text: String, atMost limit: Int) {
        var text = Substring(text)
        while text.utf8.count > limit { text.removeLast() }
        append(counted: Array<UInt8>(text.utf8))
    }
}
