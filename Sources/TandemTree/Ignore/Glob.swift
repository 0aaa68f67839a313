/// A compiled wildcard pattern that matches as git's wildmatch does, in time no peer can blow up.
///
/// Two places to go back to are enough: the last `*`, which stays within a component, and the last
/// `**`. What stands between two `**` is best matched where it first fits.
/// See git's wildmatch.c; its recursion is exponential in the number of `**/`.
struct Glob: Hashable, Sendable {
    /// One step of the pattern.
    enum Token: Hashable, Sendable {
        case literal(UInt8)
        /// Any one byte but `/`.
        case any
        /// One byte of a set, which never holds `/`.
        case set(ByteSet)
        /// Any bytes but `/`.
        case star
        /// Any bytes.
        case deepStar
        /// Nothing, or any bytes up to and with a `/`.
        case deepDirectories
    }

    private let tokens: [Token]

    /// Compiles a pattern; nil if it can never match (an open set, a trailing backslash).
    ///
    /// `acrossDirectories` is wildmatch without WM_PATHNAME, which git uses on base names.
    init?(_ pattern: ArraySlice<UInt8>, acrossDirectories: Bool) {
        var compiler = GlobCompiler(pattern, acrossDirectories: acrossDirectories)
        guard let tokens = compiler.compile() else { return nil }
        self.tokens = tokens
    }

    /// Whether the text from `start` on matches the whole pattern.
    func matches(_ text: IgnoreSubject, from start: Int) -> Bool {
        var state = Matching(position: start)
        while true {
            if state.token == tokens.count && state.position == text.count { return true }
            if state.token < tokens.count, step(&state, text) { continue }
            if !state.goBack(text) { return false }
        }
    }

    /// Takes one step of the pattern; false where the text does not fit.
    private func step(_ state: inout Matching, _ text: IgnoreSubject) -> Bool {
        switch tokens[state.token] {
        case .star:
            state.star = (state.token + 1, state.position)
        case .deepStar:
            state.enterDeep(bySlash: false)
        case .deepDirectories:
            state.enterDeep(bySlash: true)
        case .literal(let byte):
            guard state.position < text.count, text[state.position] == byte else { return false }
            state.position += 1
        case .any:
            guard state.position < text.count,
                text[state.position] != RelativePath.separator
            else { return false }
            state.position += 1
        case .set(let set):
            guard state.position < text.count, set.contains(text[state.position]) else {
                return false
            }
            state.position += 1
        }
        state.token += 1
        return true
    }

    /// How far a match has come, and where it may go back to.
    private struct Matching {
        var token = 0
        var position: Int
        var star: (token: Int, position: Int)?
        var deep: (token: Int, position: Int, bySlash: Bool)?

        init(position: Int) { self.position = position }

        mutating func enterDeep(bySlash: Bool) {
            deep = (token + 1, position, bySlash)
            star = nil
        }

        /// Lets the last star take one byte more.
        mutating func goBack(_ text: IgnoreSubject) -> Bool {
            if let last = star, last.position < text.count,
                text[last.position] != RelativePath.separator
            {
                (token, position) = (last.token, last.position + 1)
                star?.position = position
                return true
            }
            guard let last = deep else { return false }
            var next = last.position
            if last.bySlash {
                while next < text.count && text[next] != RelativePath.separator { next += 1 }
            }
            guard next < text.count else { return false }
            (token, position, star) = (last.token, next + 1, nil)
            deep?.position = position
            return true
        }
    }
}

/// A set of bytes in 256 bits.
struct ByteSet: Hashable, Sendable {
    private var words0: UInt64 = 0
    private var words1: UInt64 = 0
    private var words2: UInt64 = 0
    private var words3: UInt64 = 0

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: return words0 & bit != 0
        case 1: return words1 & bit != 0
        case 2: return words2 & bit != 0
        default: return words3 & bit != 0
        }
    }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words0 |= bit
        case 1: words1 |= bit
        case 2: words2 |= bit
        default: words3 |= bit
        }
    }

    /// All other bytes.
    var inverted: ByteSet {
        var other = ByteSet()
        for byte in UInt8.min...UInt8.max where !contains(byte) { other.insert(byte) }
        return other
    }

    /// The same without one byte.
    func removing(_ removed: UInt8) -> ByteSet {
        var other = ByteSet()
        for byte in UInt8.min...UInt8.max where byte != removed && contains(byte) {
            other.insert(byte)
        }
        return other
    }
}
