/// One Swift source, with its comments and string contents blanked out so that what is left is code.
struct SwiftFile {
    /// A name or keyword and the bytes around it.
    struct Word {
        var text: String
        var line: Int
        var before: UInt8
        var after: UInt8
        /// The word two places back matters for `Glibc.open`, the one before for `func open`.
        var previous: String
    }

    /// Relative to the project's root.
    let path: String
    let lineCount: Int
    let words: [Word]
    /// Braces and parentheses in order, by line, for the length of a body.
    private let brackets: [(line: Int, byte: UInt8)]

    init(path: String, text: String) {
        let code = Blanking.blank(text)
        self.path = path
        lineCount =
            code.count { $0 == UInt8(ascii: "\n") } + (code.last == UInt8(ascii: "\n") ? 0 : 1)
        words = Self.words(in: code)
        brackets = Self.brackets(in: code)
    }

    /// The target, by the folder below Sources or Tests.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules imported, each once.
    var imports: Set<String> {
        let kinds: Set = ["struct", "class", "enum", "func", "var", "protocol", "typealias"]
        return Set(
            words.indices.compactMap { index in
                guard words[index].text == "import" else { return nil }
                let rest = words[(index + 1)...].prefix { $0.line == words[index].line }
                return rest.first { !kinds.contains($0.text) }?.text
            }
        )
    }

    /// The names of the functions declared here.
    var declaredFunctions: Set<String> {
        Set(words.filter { $0.previous == "func" }.map(\.text))
    }

    /// Every function with a body, and how many lines it takes from `func` to its closing brace.
    var functions: [(name: String, lines: Int)] {
        let starts = words.filter { word in
            word.previous == "func" || (word.text == "init" && Self.declaresInit(word))
        }
        return starts.enumerated().compactMap { number, word in
            let limit = number + 1 < starts.count ? starts[number + 1].line : lineCount
            return bodyEnd(from: word.line, nextStart: limit)
                .map { (word.text, $0 - word.line + 1) }
        }
    }

    private static func declaresInit(_ word: Word) -> Bool {
        let opens: Set<UInt8> = [UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: "?")]
        return word.before == UInt8(ascii: " ") && opens.contains(word.after)
    }

    /// The line on which the body begun at `start` closes; nil when the next function begins first.
    private func bodyEnd(from start: Int, nextStart: Int) -> Int? {
        var braces = 0
        var parentheses = 0
        for (line, byte) in brackets.drop(while: { $0.line < start }) {
            if line >= nextStart && line > start && braces == 0 { return nil }
            switch byte {
            case UInt8(ascii: "("): parentheses += 1
            case UInt8(ascii: ")"): parentheses -= 1
            case UInt8(ascii: "{"): braces += 1
            default:
                braces -= 1
                if braces == 0 && parentheses == 0 { return line }
                if braces < 0 { return nil }
            }
        }
        return nil
    }

    private static func words(in code: [UInt8]) -> [Word] {
        var found: [Word] = []
        var line = 0
        var index = 0
        while index < code.count {
            let start = index
            while index < code.count && isWordByte(code[index]) { index += 1 }
            if index > start {
                found.append(
                    Word(
                        text: String(decoding: code[start..<index], as: UTF8.self),
                        line: line,
                        before: start > 0 ? code[start - 1] : UInt8(ascii: " "),
                        after: index < code.count ? code[index] : UInt8(ascii: " "),
                        previous: found.last?.text ?? ""
                    )
                )
            } else {
                if code[index] == UInt8(ascii: "\n") { line += 1 }
                index += 1
            }
        }
        return found
    }

    private static func brackets(in code: [UInt8]) -> [(line: Int, byte: UInt8)] {
        var line = 0
        return code.compactMap { byte in
            if byte == UInt8(ascii: "\n") { line += 1 }
            return "(){}".utf8.contains(byte) ? (line, byte) : nil
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
