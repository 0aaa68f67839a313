/// Reads a wildcard pattern as git's wildmatch.c does.
struct GlobCompiler {
    private let bytes: [UInt8]
    private let acrossDirectories: Bool
    private var position = 0
    private var tokens: [Glob.Token] = []

    init(_ pattern: ArraySlice<UInt8>, acrossDirectories: Bool) {
        bytes = Array(pattern)
        self.acrossDirectories = acrossDirectories
    }

    /// The byte at a position; 0 at the end, as in C, where no pattern holds a NUL.
    private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func compile() -> [Glob.Token]? {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\\"):
                guard position + 1 < bytes.count else { return nil }
                tokens.append(.literal(bytes[position + 1]))
                position += 2
            case UInt8(ascii: "?"):
                tokens.append(.any)
                position += 1
            case UInt8(ascii: "*"):
                compileStars()
            case UInt8(ascii: "["):
                guard let set = compileSet() else { return nil }
                tokens.append(.set(set))
            default:
                tokens.append(.literal(bytes[position]))
                position += 1
            }
        }
        return tokens
    }

    /// `**` reaches across directories only as a whole component.
    private mutating func compileStars() {
        let first = position
        while byte(position) == UInt8(ascii: "*") { position += 1 }
        if acrossDirectories {
            tokens.append(.deepStar)
            return
        }
        let slash = RelativePath.separator
        let opensComponent = first == 0 || bytes[first - 1] == slash
        let next = byte(position)
        let closesComponent =
            next == 0 || next == slash
            || (next == UInt8(ascii: "\\") && byte(position + 1) == slash)
        guard position - first > 1, opensComponent, closesComponent else {
            tokens.append(.star)
            return
        }
        if next == slash {
            tokens.append(.deepDirectories)
            position += 1
        } else {
            tokens.append(.deepStar)
        }
    }

    /// A bracket expression from `[` on; nil if it is not closed or names an unknown class.
    private mutating func compileSet() -> ByteSet? {
        var set = ByteSet()
        position += 1
        let isNegated = byte(position) == UInt8(ascii: "!") || byte(position) == UInt8(ascii: "^")
        if isNegated { position += 1 }
        var previous: UInt8 = 0
        // A `]` that comes first is a member.
        repeat {
            guard let last = compileMember(into: &set, after: previous) else { return nil }
            previous = last
            position += 1
            guard position < bytes.count else { return nil }
        } while bytes[position] != UInt8(ascii: "]")
        position += 1
        let members = isNegated ? set.inverted : set
        // No base name holds a slash, and in a path a set never matches one.
        return members.removing(RelativePath.separator)
    }

    /// Reads one member, up to its last byte; what a following `-` would start from, 0 for nothing.
    private mutating func compileMember(into set: inout ByteSet, after previous: UInt8) -> UInt8? {
        var current = byte(position)
        let next = byte(position + 1)
        if current == UInt8(ascii: "-"), previous != 0, next != 0, next != UInt8(ascii: "]") {
            position += 1
            guard let end = literalMember(), end != 0 else { return nil }
            if previous <= end { for member in previous...end { set.insert(member) } }
            return 0
        }
        if current == UInt8(ascii: "["), next == UInt8(ascii: ":") {
            switch compileClass(into: &set) {
            case .some(true): return 0
            case .some(false): return UInt8(ascii: "[")
            case .none: return nil
            }
        }
        guard let member = literalMember(), member != 0 else { return nil }
        current = member
        set.insert(current)
        return current
    }

    private mutating func literalMember() -> UInt8? {
        if byte(position) == UInt8(ascii: "\\") { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    /// Reads `[:name:]`; false where it is none and the `[` is a plain member.
    private mutating func compileClass(into set: inout ByteSet) -> Bool? {
        let start = position + 2
        guard let end = bytes[min(start, bytes.count)...].firstIndex(of: UInt8(ascii: "]")) else {
            return nil
        }
        guard end > start, bytes[end - 1] == UInt8(ascii: ":") else {
            set.insert(UInt8(ascii: "["))
            return false
        }
        guard let contains = CharacterClass.named(bytes[start..<(end - 1)]) else { return nil }
        for member in UInt8(1)...0x7F where contains(member) { set.insert(member) }
        position = end
        return true
    }
}

/// The POSIX classes in the C locale; git takes them for ASCII only.
private enum CharacterClass {
    static func named(_ name: ArraySlice<UInt8>) -> ((UInt8) -> Bool)? {
        switch String(decoding: name, as: UTF8.self) {
        case "alnum": { isAlpha($0) || isDigit($0) }
        case "alpha": isAlpha
        case "blank": { $0 == 0x20 || $0 == 0x09 }
        case "cntrl": { $0 < 0x20 || $0 == 0x7F }
        case "digit": isDigit
        case "graph": { $0 > 0x20 && $0 < 0x7F }
        case "lower": { (0x61...0x7A).contains($0) }
        case "print": { $0 >= 0x20 && $0 < 0x7F }
        case "punct": { $0 > 0x20 && $0 < 0x7F && !isAlpha($0) && !isDigit($0) }
        case "space": { $0 == 0x20 || (0x09...0x0D).contains($0) }
        case "upper": { (0x41...0x5A).contains($0) }
        case "xdigit": { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
        default: nil
        }
    }

    private static func isAlpha(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
