import Foundation

/// How every command writes `--json`: one object, keys sorted, nothing a terminal would act on.
package enum JSONDocument {
    /// The version of all documents; it grows when a field changes its meaning or goes away.
    package static let schema = 1

    /// Encodes a document.
    package static func text(_ document: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return escapedScalars(String(decoding: try encoder.encode(document), as: UTF8.self))
    }

    /// Encodes a document as one line, for what goes on and on.
    package static func line(_ document: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escapedScalars(String(decoding: try encoder.encode(document), as: UTF8.self))
    }

    /// Writes DEL, C1, bidi and invisible scalars as `\u`; they can only stand inside strings.
    private static func escapedScalars(_ json: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            guard actsOnTerminals(scalar) else {
                text.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                let padding = String(repeating: "0", count: 4 - digits.count)
                text.append(contentsOf: "\\u\(padding)\(digits)".unicodeScalars)
            }
        }
        return String(text)
    }

    private static func actsOnTerminals(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar != "\n"
        case .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
