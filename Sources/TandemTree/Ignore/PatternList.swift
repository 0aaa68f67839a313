/// The lines of one ignore file; a later line overrules an earlier one.
struct PatternList: Sendable {
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var patterns: [IgnorePattern] = []
    // Beside the patterns, so that most are passed over without a reference being counted.
    private var heads: [IgnorePattern.Head] = []

    /// Reads a file as git does: a leading byte order mark and `\r` before `\n` are left out.
    init(_ content: [UInt8]) {
        var rest = content[...]
        if rest.starts(with: Self.byteOrderMark) { rest = rest.dropFirst(3) }
        var number = 0
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            var line = rest[..<end]
            rest = end < rest.endIndex ? rest[(end + 1)...] : []
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            guard let pattern = IgnorePattern(line: number, line) else { continue }
            patterns.append(pattern)
            heads.append(pattern.head)
        }
    }

    /// The line that decides about an entry.
    func decider(of subject: IgnoreSubject) -> IgnorePattern? {
        let last = subject.nameLast
        for index in heads.indices.reversed() where heads[index].mayMatch(subject, last: last) {
            if patterns[index].matches(subject) { return patterns[index] }
        }
        return nil
    }
}
