import TandemTree
import Yams

/// Reads one file's YAML and checks it against the table of keys.
///
/// Every problem is noted with its place; reading goes on, so that a person sees all of them.
struct FileReader {
    let file: String
    private(set) var problems: [ConfigurationError.Problem] = []

    /// The largest file read.
    static let maximumBytes = 1 << 20

    init(file: String) {
        self.file = file
    }

    /// The checked content; nil where the text as a whole cannot be read.
    mutating func read(_ bytes: [UInt8]) -> LocatedValue? {
        guard bytes.count <= Self.maximumBytes else {
            note(1, 1, "the file is over 1 MiB; a configuration is not")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            note(1, 1, "the file is not UTF-8 text")
            return nil
        }
        if let anchor = Self.firstAnchor(in: text) {
            note(anchor.line, anchor.column, "anchors (&name) are not taken; write the value out")
            return nil
        }
        do {
            guard let root = try Yams.compose(yaml: text) else {
                return LocatedValue(content: .section([:]), position: position(1, 1))
            }
            return check(root, as: .section(ConfigurationKey.all), what: "the file")
        } catch {
            note(error)
            return nil
        }
    }

    // MARK: Checking

    private mutating func check(
        _ node: Node,
        as kind: ConfigurationKey.Kind,
        what: String
    ) -> LocatedValue? {
        let place = position(of: node)
        switch kind {
        case .section(let keys):
            guard case .mapping(let mapping) = node else {
                return mismatch(place, what, "keys with values")
            }
            return section(mapping, keys, what, at: place)
        case .list(let element):
            guard case .sequence(let sequence) = node else {
                return mismatch(place, what, "a list")
            }
            var values: [LocatedValue] = []
            for item in sequence {
                if let value = check(item, as: element, what: "an element of \(what)") {
                    values.append(value)
                }
            }
            return LocatedValue(content: .list(values), position: place)
        default:
            guard case .scalar(let scalar) = node else {
                return mismatch(place, what, Self.expectation(of: kind))
            }
            guard let content = Self.content(scalar.string, node.tag, kind) else {
                return mismatch(place, what, Self.expectation(of: kind))
            }
            return LocatedValue(content: content, position: place)
        }
    }

    private mutating func section(
        _ mapping: Node.Mapping,
        _ keys: [ConfigurationKey],
        _ what: String,
        at place: Position
    ) -> LocatedValue {
        var values: [String: LocatedValue] = [:]
        for (name, node) in mapping {
            let position = position(of: name)
            guard case .scalar(let scalar) = name,
                let key = keys.first(where: { $0.name == scalar.string })
            else {
                note(position, Self.unknown(name, among: keys))
                continue
            }
            values[key.name] = check(node, as: key.kind, what: key.name)
        }
        return LocatedValue(content: .section(values), position: place)
    }

    private static func content(
        _ text: String,
        _ tag: Tag,
        _ kind: ConfigurationKey.Kind
    ) -> LocatedValue.Content? {
        switch kind {
        case .text where tag == Tag(.str) && !text.isEmpty: .text(text)
        case .choice(let words) where words.contains(text): .text(text)
        case .flag where tag == Tag(.bool) && text == "true": .flag(true)
        case .flag where tag == Tag(.bool) && text == "false": .flag(false)
        case .number(let range) where tag == Tag(.int):
            Int(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .size(let perSecond): ByteSize.parse(text, perSecond: perSecond).map { .size($0) }
        case .duration: TimeSpan.parse(text).map { .span($0) }
        default: nil
        }
    }

    // MARK: Saying what is wrong

    private mutating func mismatch(
        _ place: Position,
        _ what: String,
        _ expected: String
    ) -> LocatedValue? {
        note(place, "\(what) must be \(expected)")
        return nil
    }

    private static func expectation(of kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .text: "text (in quotes where it looks like a number or a truth value)"
        case .number(let range) where range.count == 1: "\(range.lowerBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .choice(let words):
            words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
        case .size(perSecond: true): "bytes a second, such as 20MB/s"
        case .size(perSecond: false): "a number of bytes, such as 2GB"
        case .duration: "a time span, such as 90s or 1h30m"
        case .list: "a list"
        case .section: "keys with values"
        }
    }

    private static func unknown(_ node: Node, among keys: [ConfigurationKey]) -> String {
        guard case .scalar(let scalar) = node else { return "a key must be a word" }
        let word = escaped(scalar.string.prefix(64).utf8)
        let near = keys.map(\.name).min {
            distance($0, scalar.string) < distance($1, scalar.string)
        }
        if let near, distance(near, scalar.string) <= 2 {
            return "unknown key \"\(word)\"; did you mean \"\(near)\"?"
        }
        return "unknown key \"\(word)\"; known here: " + keys.map(\.name).joined(separator: ", ")
    }

    /// Levenshtein's distance, or more than any limit where the lengths alone are too far apart.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard abs(left.count - right.count) <= 2 else { return .max }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = byte == other ? diagonal : min(diagonal, above, row[j]) + 1
                diagonal = above
            }
        }
        return row[right.count]
    }

    private mutating func note(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            note(mark.line, mark.column, "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let words = keys.map { "\"\(escaped($0.utf8))\"" }.joined(separator: ", ")
            note(context.mark.line, context.mark.column, "\(words) stands there more than once")
        default: note(1, 1, "not valid YAML")
        }
    }

    private mutating func note(_ line: Int, _ column: Int, _ message: String) {
        note(position(line, column), message)
    }

    private mutating func note(_ position: Position, _ message: String) {
        problems.append(ConfigurationError.Problem(position: position, message: message))
    }

    private func position(of node: Node) -> Position {
        position(node.mark?.line ?? 1, node.mark?.column ?? 1)
    }

    private func position(_ line: Int, _ column: Int) -> Position {
        Position(file: file, line: line, column: column)
    }

    private static let tokenEnds = Set(
        " \t\r\n\u{85}\u{2028}\u{2029}\u{FEFF}[]{},:-?!\"'".unicodeScalars
    )

    /// Where a token begins with `&` and a name: without an anchor no alias can multiply a value.
    ///
    /// It knows neither quotes nor comments, so it may refuse a harmless `" &x"`; it takes every
    /// character that can end a token for one, YAML 1.1's line breaks included.
    private static func firstAnchor(in text: String) -> (line: Int, column: Int)? {
        var line = 1
        var column = 1
        var startsToken = true
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if previous == "&" && startsToken && !" \t\r\n".unicodeScalars.contains(scalar) {
                return (line, column - 1)
            }
            if scalar == "&" { startsToken = tokenEnds.contains(previous) }
            previous = scalar
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return nil
    }
}
