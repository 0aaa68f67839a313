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

    /// The text without tones.
    package var plain: String { parts.map(\.text).joined() }
}

extension StyledText: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}
