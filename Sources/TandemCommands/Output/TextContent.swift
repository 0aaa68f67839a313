import TandemTree

/// A file's content as lines for a terminal, where it is text.
struct TextContent: Sendable, Hashable {
    /// The lines, without what ends them; tabs are spaces, and all else is escaped when shown.
    var lines: [String]
    /// Whether a line feed ends the last line.
    var endsWithLineFeed: Bool

    /// Takes content; nil where it is not text: a NUL byte, or not UTF-8.
    init?(_ bytes: [UInt8]) {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        // Not by Character: CR LF is one of those, and the CR is a difference to be seen.
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        endsWithLineFeed = lines.last?.isEmpty ?? true
        if endsWithLineFeed { lines.removeLast() }
        self.lines = lines
    }

    /// Puts spaces in the place of tabs, to every eighth column as terminals do.
    static func withoutTabs(_ line: String) -> String {
        guard line.utf8.contains(0x09) else { return line }
        var text = ""
        var column = 0
        for character in line {
            guard character == "\t" else {
                text.append(character)
                column += 1
                continue
            }
            let spaces = tabWidth - column % tabWidth
            text += String(repeating: " ", count: spaces)
            column += spaces
        }
        return text
    }

    private static let tabWidth = 8
}
