/// One line of an ignore file, compiled as git reads it (gitignore(5), git's dir.c).
struct IgnorePattern: Hashable, Sendable {
    /// What a pattern is compared with.
    enum Match: Hashable, Sendable {
        /// The name is this.
        case name([UInt8])
        /// The name ends in this.
        case suffix([UInt8])
        /// The name matches.
        case nameGlob(Glob)
        /// The path from the file's directory is this.
        case path([UInt8])
        /// The path begins with this, and the rest matches.
        case pathGlob(prefix: [UInt8], Glob)
    }

    /// The line's number in its file, from 1.
    let line: Int
    /// The line as it stands there, trailing spaces left out.
    let text: [UInt8]
    /// Whether the line begins with `!` and so keeps what it matches.
    let keeps: Bool
    /// Whether the line ends in `/` and so matches directories only.
    let directoriesOnly: Bool
    private let match: Match

    /// Compiles a line; nil if it is a comment, empty, or can never match.
    init?(line number: Int, _ bytes: ArraySlice<UInt8>) {
        // Git keeps lines as C strings.
        var rest = bytes.prefix { $0 != 0 }
        rest = Self.trimmed(rest)
        guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
        line = number
        text = Array(rest)
        keeps = first == UInt8(ascii: "!")
        if keeps { rest = rest.dropFirst() }
        directoriesOnly = rest.last == RelativePath.separator
        if directoriesOnly { rest = rest.dropLast() }
        let compiled =
            rest.contains(RelativePath.separator) ? Self.path(rest) : Self.name(rest)
        guard let compiled else { return nil }
        match = compiled
    }

    /// Trailing spaces go, unless a backslash stands before them.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = line.startIndex
        var position = line.startIndex
        while position < line.endIndex {
            if line[position] == UInt8(ascii: "\\") {
                // A backslash at the very end keeps what is before it.
                guard position + 1 < line.endIndex else { return line }
                position += 1
                end = position + 1
            } else if line[position] != UInt8(ascii: " ") {
                end = position + 1
            }
            position += 1
        }
        return line[..<end]
    }

    private static func name(_ pattern: ArraySlice<UInt8>) -> Match? {
        guard !pattern.isEmpty else { return nil }
        if !pattern.contains(where: isSpecial) { return .name(Array(pattern)) }
        if pattern.first == UInt8(ascii: "*"), !pattern.dropFirst().contains(where: isSpecial) {
            return .suffix(Array(pattern.dropFirst()))
        }
        return Glob(pattern, acrossDirectories: true).map { .nameGlob($0) }
    }

    private static func path(_ pattern: ArraySlice<UInt8>) -> Match? {
        let relative =
            pattern.first == RelativePath.separator ? pattern.dropFirst() : pattern
        let prefix = relative.prefix { !isSpecial($0) }
        guard prefix.count < relative.count else {
            return relative.isEmpty ? nil : .path(Array(relative))
        }
        // Git, too, compares up to the first wildcard and hands on only the rest: `a**` is then a
        // `**` of its own.
        return Glob(relative[prefix.endIndex...], acrossDirectories: false)
            .map { .pathGlob(prefix: Array(prefix), $0) }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\"): true
        default: false
        }
    }

    /// What tells a pattern from most names without a look at its bytes.
    struct Head: BitwiseCopyable, Sendable {
        fileprivate enum Length { case ofName, leastOfName, ofPath, any }

        fileprivate let length: Length
        fileprivate let count: Int
        fileprivate let last: UInt8

        /// False where the pattern cannot match.
        func mayMatch(_ subject: IgnoreSubject, last nameLast: UInt8) -> Bool {
            switch length {
            case .ofName: subject.nameCount == count && nameLast == last
            case .leastOfName: subject.nameCount >= count && nameLast == last
            case .ofPath: subject.count == count && nameLast == last
            case .any: true
            }
        }
    }

    var head: Head {
        switch match {
        case .name(let name): Head(length: .ofName, count: name.count, last: name.last ?? 0)
        case .path(let path): Head(length: .ofPath, count: path.count, last: path.last ?? 0)
        case .suffix(let suffix):
            Head(
                length: suffix.isEmpty ? .any : .leastOfName,
                count: suffix.count,
                last: suffix.last ?? 0
            )
        case .nameGlob, .pathGlob: Head(length: .any, count: 0, last: 0)
        }
    }

    /// Whether the line speaks about an entry.
    func matches(_ subject: IgnoreSubject) -> Bool {
        if directoriesOnly && !subject.isDirectory { return false }
        switch match {
        case .name(let name):
            return subject.nameCount == name.count && subject.nameEnds(with: name)
        case .suffix(let suffix):
            return subject.nameEnds(with: suffix)
        case .nameGlob(let glob):
            return glob.matches(subject, from: subject.count - subject.nameCount)
        case .path(let path):
            return subject.count == path.count && subject.starts(with: path)
        case .pathGlob(let prefix, let glob):
            return subject.starts(with: prefix) && glob.matches(subject, from: prefix.count)
        }
    }
}

/// An entry as a pattern sees it: its path from the directory of the pattern's file.
///
/// The path is that of the directory, of which `base` bytes are left out, and the entry's name;
/// they are never joined, so that asking allocates nothing. The name outlives the subject.
@safe
struct IgnoreSubject {
    private let directory: [UInt8]
    private let base: Int
    private let name: UnsafeRawBufferPointer
    let isDirectory: Bool
    private let directoryCount: Int

    init(directory: [UInt8], base: Int, name: UnsafeRawBufferPointer, isDirectory: Bool) {
        self.directory = directory
        self.base = base
        unsafe self.name = unsafe name
        self.isDirectory = isDirectory
        directoryCount = directory.count - base
    }

    var count: Int { directoryCount + nameCount }

    var nameCount: Int { unsafe name.count }

    var nameLast: UInt8 { unsafe name.last ?? 0 }

    subscript(_ index: Int) -> UInt8 {
        index < directoryCount ? directory[base + index] : unsafe name[index - directoryCount]
    }

    func starts(with prefix: [UInt8]) -> Bool {
        guard prefix.count <= count else { return false }
        for index in prefix.indices where self[index] != prefix[index] { return false }
        return true
    }

    func nameEnds(with suffix: [UInt8]) -> Bool {
        let offset = nameCount - suffix.count
        guard offset >= 0 else { return false }
        for index in suffix.indices where unsafe name[offset + index] != suffix[index] {
            return false
        }
        return true
    }
}
