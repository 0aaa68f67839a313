import TandemTree

/// How a piece of text stands out on a terminal with colours.
package enum Tone: Sendable, Hashable {
    case plain
    case strong
    case good
    case warning
    case bad
    case faint

    /// The parameter of the SGR sequence (ECMA-48 8.3.117); nil sets nothing.
    var code: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .faint: "2"
        }
    }
}

/// Text in pieces with a tone each; a plain string literal is one too.
package struct StyledText: Sendable, Hashable {
    package struct Part: Sendable, Hashable {
        package var text: String
        package var tone: Tone
    }

    package var parts: [Part]

    package init(_ text: String, _ tone: Tone = .plain) {
        parts = [Part(text: text, tone: tone)]
    }

    package static func + (left: StyledText, right: StyledText) -> StyledText {
        var sum = left
        sum.parts += right.parts
        return sum
    }

    /// The text as far as it fits into that many columns.
    ///
    /// What is hidden from a terminal takes the columns of its escape.
    package func cut(to columns: Int) -> StyledText {
        var left = columns
        var cut = StyledText("")
        for part in parts {
            let text = escaped(part.text.utf8)
            var kept = ""
            for character in text {
                let width = Self.columns(of: character)
                guard width <= left else { return cut + StyledText(kept, part.tone) }
                left -= width
                kept.append(character)
            }
            cut = cut + StyledText(kept, part.tone)
        }
        return cut
    }

    /// The columns that a character takes: two for East Asian wide ones and most emoji
    /// (Unicode 16, EastAsianWidth W and F, by block).
    private static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text without tones.
    package var plain: String { parts.map(\.text).joined() }
}

extension StyledText: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}
