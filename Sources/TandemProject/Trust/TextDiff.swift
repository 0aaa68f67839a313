import TandemTree

/// What differs between two small text files, line by line, for a person.
package struct TextDiff: Hashable, Sendable {
    /// What became of a line.
    package enum Kind: Hashable, Sendable {
        case same
        case removed
        case added
        /// A gap in front of the next lines: where they stand in the new file.
        case gap
    }

    /// One line, through the project's escape.
    package struct Line: Hashable, Sendable {
        package var kind: Kind
        package var text: String

        /// The line as diff(1) prints it.
        package var shown: String {
            switch kind {
            case .same: "  \(text)"
            case .removed: "- \(text)"
            case .added: "+ \(text)"
            case .gap: text
            }
        }
    }

    /// Same lines that are shown around a difference, as diff(1) does.
    private static let context = 3
    /// Above this many lines in all, where comparing grows with the square, everything is shown.
    private static let comparable = 4000

    /// Empty where both are the same.
    package var lines: [Line]

    /// Compares two files; a missing one is empty.
    package init(from old: [UInt8]?, to new: [UInt8]?) {
        guard old != new else {
            lines = []
            return
        }
        lines = Self.cut(Self.all(Self.split(old), Self.split(new)))
    }

    private static func split(_ bytes: [UInt8]?) -> [[UInt8]] {
        guard let bytes else { return [] }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { Array($0) }
    }

    private static func all(_ old: [[UInt8]], _ new: [[UInt8]]) -> [Line] {
        guard old.count + new.count <= comparable else {
            return old.map { line(.removed, $0) } + new.map { line(.added, $0) }
        }
        let difference = new.difference(from: old)
        var removed = Set<Int>()
        var added = Set<Int>()
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (o, n) = (0, 0)
        while o < old.count || n < new.count {
            if removed.contains(o) {
                lines.append(line(.removed, old[o]))
                o += 1
            } else if added.contains(n) {
                lines.append(line(.added, new[n]))
                n += 1
            } else {
                lines.append(line(.same, new[n]))
                (o, n) = (o + 1, n + 1)
            }
        }
        return lines
    }

    private static func line(_ kind: Kind, _ bytes: [UInt8]) -> Line {
        Line(kind: kind, text: escaped(bytes))
    }

    /// Leaves out what is the same and far from any difference.
    private static func cut(_ all: [Line]) -> [Line] {
        var isKept = [Bool](repeating: false, count: all.count)
        for index in all.indices where all[index].kind != .same {
            let from = max(0, index - context)
            for near in from...min(all.count - 1, index + context) { isKept[near] = true }
        }
        var lines: [Line] = []
        var number = 1
        for index in all.indices {
            if isKept[index] {
                if index > 0, !isKept[index - 1] {
                    lines.append(Line(kind: .gap, text: "line \(number):"))
                }
                lines.append(all[index])
            }
            if all[index].kind != .removed { number += 1 }
        }
        return lines
    }
}
