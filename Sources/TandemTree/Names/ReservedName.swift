/// A name that is recognised in every spelling some file system takes for the same.
///
/// That is: whatever becomes the name by case folding, NFKC and removal of ignorable code points.
/// HFS+, APFS and case-folding directories open such spellings as the plain name (CVE-2014-9390).
struct ReservedName: Sendable {
    /// Tandem's own directory.
    static let tandem = ReservedName(".tandem")
    /// The laptop's own settings and hooks, which never travel.
    static let localConfiguration = ReservedName("tandem.local.yml")
    /// Git's directory.
    static let git = ReservedName(".git")

    /// Whether these bytes spell a name that is Tandem's own and travels in no direction.
    static func isOwn(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        tandem.matches(bytes) || localConfiguration.matches(bytes)
    }

    private let name: [UInt8]

    private init(_ name: StaticString) {
        self.name = Array(name.description.utf8)
    }

    /// Whether these bytes are a spelling of the name; bytes that are not UTF-8 never are.
    func matches(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        // Nearly every name is told apart by its first byte, or its last.
        guard let first = bytes.first, first >= 0x80 || first | 0x20 == name[0] else {
            return false
        }
        guard let last = bytes.last, bytes.count >= name.count else { return false }
        guard last >= 0x80 || last | 0x20 == name[name.count - 1] else { return false }
        var matched = 0
        var scanner = UTF8Scanner(bytes)
        while let element = scanner.next() {
            guard case .scalar(let scalar) = element else { return false }
            if !scalar.isASCII && Self.isIgnorable(scalar) { continue }
            if let letters = Self.ligatures[scalar.value] {
                guard name[matched...].starts(with: letters) else { return false }
                matched += letters.count
                continue
            }
            guard matched < name.count, Self.folded(scalar) == name[matched] else { return false }
            matched += 1
        }
        return matched == name.count
    }

    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isDefaultIgnorableCodePoint
    }

    /// The lower-case ASCII character a scalar stands for, as far as reserved names need it.
    private static func folded(_ scalar: Unicode.Scalar) -> UInt8? {
        let value = scalar.value
        switch value {
        case 0x00...0x7F: return lowercased(UInt8(value))
        case fullwidth: return lowercased(UInt8(value - fullwidth.lowerBound + 0x21))
        case mathematical: return letter((value - mathematical.lowerBound) % 52 % 26)
        case circled: return letter((value - circled.lowerBound) % 26)
        case squared: return letter(value - squared.lowerBound)
        default: return compatible[value]
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func letter(_ index: UInt32) -> UInt8 {
        UInt8(ascii: "a") + UInt8(truncatingIfNeeded: index)
    }

    // Blocks of compatibility characters in the order of the alphabet (Unicode 15).
    private static let fullwidth: ClosedRange<UInt32> = 0xFF01...0xFF5E
    private static let mathematical: ClosedRange<UInt32> = 0x1D400...0x1D6A3
    private static let circled: ClosedRange<UInt32> = 0x24B6...0x24E9
    private static let squared: ClosedRange<UInt32> = 0x1F130...0x1F149

    /// Every scalar whose NFKC case fold is several neighbouring characters of a name.
    private static let ligatures: [UInt32: [UInt8]] = [
        0x3388: Array("cal".utf8), 0x3396: Array("ml".utf8),
    ]

    /// Every other scalar whose NFKC case fold is one character of a name.
    ///
    /// Found by folding all of Unicode 14.
    private static let compatible: [UInt32: UInt8] = {
        var table: [UInt32: UInt8] = [:]
        let spellings: KeyValuePairs<Character, [UInt32]> = [
            ".": [0x2024, 0xFE52],
            "a": [0x00AA, 0x1D2C, 0x1D43, 0x2090],
            "c": [0x1D9C, 0x2102, 0x212D, 0x216D, 0x217D, 0xA7F2, 0x1F12B],
            "d": [0x1D30, 0x1D48, 0x2145, 0x2146, 0x216E, 0x217E],
            "e": [0x1D31, 0x1D49, 0x2091, 0x212F, 0x2130, 0x2147],
            "g": [0x1D33, 0x1D4D, 0x210A],
            "i": [0x1D35, 0x1D62, 0x2071, 0x2110, 0x2111, 0x2139, 0x2148, 0x2160, 0x2170],
            "l": [0x02E1, 0x1D38, 0x2097, 0x2112, 0x2113, 0x216C, 0x217C],
            "m": [0x1D39, 0x1D50, 0x2098, 0x2133, 0x216F, 0x217F],
            "n": [0x1D3A, 0x207F, 0x2099, 0x2115],
            "o": [0x00BA, 0x1D3C, 0x1D52, 0x2092, 0x2134],
            "t": [0x1D40, 0x1D57, 0x209C],
            "y": [0x02B8],
        ]
        for (character, scalars) in spellings {
            for scalar in scalars { table[scalar] = character.asciiValue }
        }
        return table
    }()
}
