/// Why the daemon's settings cannot be read, as the end of a sentence.
package struct SettingsDamage: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Reads JSON of whole numbers and objects of them; the daemon links no other reader.
///
/// Whatever the bytes, the result is a value or `SettingsDamage`. Refused are a key that comes twice,
/// escapes in a key, signs, fractions, exponents, leading zeros, deep nesting, and anything behind
/// the end.
struct NumberJSON: Sendable {
    enum Value: Hashable, Sendable {
        case number(UInt64)
        case object([String: Value])
    }

    /// An object, and objects in it.
    private static let deepest = 2
    private static let longestKey = 32
    private static let mostKeys = 16

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads an object that is all there is.
    mutating func document() throws(SettingsDamage) -> [String: Value] {
        skipSpace()
        let fields = try object(depth: 1)
        skipSpace()
        guard position == bytes.count else {
            throw SettingsDamage("something stands behind its end")
        }
        return fields
    }

    private mutating func object(depth: Int) throws(SettingsDamage) -> [String: Value] {
        guard depth <= Self.deepest else { throw SettingsDamage("it is nested too deep") }
        try take("{")
        var fields: [String: Value] = [:]
        skipSpace()
        if skip("}") { return fields }
        while true {
            skipSpace()
            let key = try key()
            guard fields[key] == nil else { throw SettingsDamage("a key comes twice") }
            guard fields.count < Self.mostKeys else { throw SettingsDamage("it has too many keys") }
            skipSpace()
            try take(":")
            skipSpace()
            fields[key] =
                next == UInt8(ascii: "{") ? .object(try object(depth: depth + 1)) : try number()
            skipSpace()
            if skip("}") { return fields }
            try take(",")
        }
    }

    private mutating func key() throws(SettingsDamage) -> String {
        try take("\"")
        let start = position
        while let byte = next, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) {
            position += 1
        }
        guard (1...Self.longestKey).contains(position - start) else {
            throw SettingsDamage("a key is no word")
        }
        let key = String(decoding: bytes[start..<position], as: UTF8.self)
        try take("\"")
        return key
    }

    private mutating func number() throws(SettingsDamage) -> Value {
        let start = position
        var number: UInt64 = 0
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (tens, tooBig) = number.multipliedReportingOverflow(by: 10)
            let (sum, tooBigSum) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !tooBig, !tooBigSum else { throw SettingsDamage("a number is out of its range") }
            number = sum
            position += 1
        }
        let hasLeadingZero = position - start > 1 && bytes[start] == UInt8(ascii: "0")
        guard position > start, !hasLeadingZero else {
            throw SettingsDamage("a value is no whole number")
        }
        return .number(number)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ mark: Unicode.Scalar) throws(SettingsDamage) {
        guard skip(mark) else {
            throw SettingsDamage(
                next == nil ? "it ends too early" : "it is not the JSON it should be"
            )
        }
    }
}
