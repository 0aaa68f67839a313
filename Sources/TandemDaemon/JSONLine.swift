/// One JSON object on one line, written by hand into bytes.
///
/// Whatever goes in, what comes out has no line break, no control or invisible character, and ends
/// as valid JSON: a name that a peer chose can neither forge a second line nor drive a terminal.
package struct JSONLine: Sendable {
    /// The object so far, without its closing brace.
    private(set) package var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isFirst = true

    /// The longest string written whole; the rest of a longer one is left out and marked.
    package static let maximumStringLength = 8192

    package init() {}

    /// Adds a string field.
    package mutating func add(_ key: String, _ value: String) {
        begin(key)
        Self.append(value, to: &bytes)
    }

    /// Adds a whole number.
    package mutating func add(_ key: String, _ value: some FixedWidthInteger) {
        begin(key)
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Adds true or false.
    package mutating func add(_ key: String, _ value: Bool) {
        begin(key)
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Adds a value that `body` appends as JSON text.
    package mutating func add(_ key: String, raw body: (inout [UInt8]) -> Void) {
        begin(key)
        body(&bytes)
    }

    /// The whole object, with a line feed after it where asked.
    package func finished(newline: Bool = true) -> [UInt8] {
        bytes + (newline ? [UInt8(ascii: "}"), UInt8(ascii: "\n")] : [UInt8(ascii: "}")])
    }

    private mutating func begin(_ key: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        Self.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends a string as a JSON string with its quotes.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var length = 0
        for scalar in text.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= maximumStringLength else {
                bytes.append(contentsOf: "[cut]".utf8)
                break
            }
            append(scalar, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "\"": bytes.append(contentsOf: #"\""#.utf8)
        case "\\": bytes.append(contentsOf: #"\\"#.utf8)
        case "\n": bytes.append(contentsOf: #"\n"#.utf8)
        case "\t": bytes.append(contentsOf: #"\t"#.utf8)
        case _ where isHidden(scalar):
            for unit in Character(scalar).utf16 { appendEscape(unit, to: &bytes) }
        case _ where scalar.isASCII: bytes.append(UInt8(ascii: scalar))
        default: bytes.append(contentsOf: Character(scalar).utf8)
        }
    }

    private static func appendEscape(_ unit: UInt16, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"\u"#.utf8)
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: (unit >> UInt16(shift)) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// Whether a terminal would act on the scalar, or show nothing for it.
    ///
    /// C0, DEL and C1; Arabic letter mark, zero-width, bidirectional and line-separator
    /// characters; interlinear annotation; tags (Unicode 16, general categories Cc, Cf, Zl, Zp).
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E,
            0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }
}
