import TandemTestSupport
import TandemTree
import Testing

/// A name or path from SAFETY's list of bad inputs.
struct BadInput: Sendable, CustomTestStringConvertible {
    var label: String
    var bytes: [UInt8]

    init(_ label: String, _ text: String) { self.init(label, Array(text.utf8)) }

    init(_ label: String, _ bytes: [UInt8]) {
        self.label = label
        self.bytes = bytes
    }

    var testDescription: String { label }
}

struct RelativePathTests {
    @Test(arguments: [
        BadInput("bad input 1: newline", "a\nb"),
        BadInput("bad input 2: ESC sequence", "\u{1B}[2J"),
        BadInput("bad input 3: C1 0x9b", [0xC2, 0x9B]),
        BadInput("bad input 4: BEL and DEL", "\u{7}\u{7F}"),
        BadInput("bad input 5: invalid UTF-8", [0xFF]),
        BadInput("bad input 6: overlong and surrogate bytes", [0xC0, 0xAF, 0xED, 0xA0, 0x80]),
        BadInput("bad input 7: NFC", [0xC3, 0xA9]),
        BadInput("bad input 8: NFD", [0x65, 0xCC, 0x81]),
        BadInput("bad input 10: trailing dot", "a."),
        BadInput("bad input 11: trailing space", "a "),
        BadInput("bad input 12: single space", " "),
        BadInput("bad input 13: leading dash", "-rf"),
        BadInput("bad input 14: three dots", "..."),
        BadInput("bad input 15: backslash", "a\\b"),
        BadInput("bad input 16: colon", "a:b"),
        BadInput("bad input 17: wildcards", "*?["),
        BadInput("bad input 18: quotes and $(x)", "'\"$(x)"),
        BadInput("bad input 19: format", "%s%n"),
        BadInput("bad input 20: bidi override", "\u{202E}txt"),
        BadInput("bad input 21: line separator", "\u{2028}"),
        BadInput("bad input 22: zero-width joiner", "a\u{200D}b"),
        BadInput("bad input 23: 255 bytes", [UInt8](repeating: 0x6E, count: 255)),
        BadInput("bad input 27: upper case", "Foo"),
        BadInput("bad input 29: CON", "CON"),
        BadInput("bad input 30: .tandem-x", ".tandem-x"),
        BadInput("bad input 30: x.tmp", "x.tmp"),
        BadInput("bad input 30: x.conflict", "x.conflict"),
        BadInput("almost reserved", ".tande\u{301}m"),
    ])
    func `a strange name is a name, is shown harmlessly, and keeps its bytes`(
        input: BadInput
    ) throws {
        try RelativePath.checkName(input.bytes)
        let path = try RelativePath(validating: Array("d/".utf8) + input.bytes)
        #expect(path.name == input.bytes)
        #expect(path.components == [[0x64], input.bytes])
        let shown = path.description
        #expect(
            shown.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
                    && ![.format, .lineSeparator, .control].contains($0.properties.generalCategory)
            }
        )
        #expect(escaped(shown.utf8) == shown)
        var tree = Tree()
        try tree.put(RelativePath(trusted: input.bytes), .content("x"))
        #expect(try Tree(decoding: tree.encode()).listing.keys.first?.bytes == input.bytes)
        let ignored = IgnoreMatcher().isIgnored(name: input.bytes, isDirectory: false)
        #expect(!ignored)
    }

    @Test func `bad input 9: NFC and NFD spellings are two entries`() throws {
        var tree = Tree()
        try tree.put(RelativePath(trusted: [0xC3, 0xA9]), .content("nfc"))
        try tree.put(RelativePath(trusted: [0x65, 0xCC, 0x81]), .content("nfd"))
        #expect(tree.count == 2)
        #expect(tree.listing.count == 2)
    }

    @Test func `bad input 25: a path of 12,060 bytes is a path`() throws {
        let component = [UInt8](repeating: 0x61, count: 200)
        let bytes = Array([[UInt8]](repeating: component, count: 60).joined(separator: [0x2F]))
        #expect(try RelativePath(validating: bytes).depth == 60)
    }

    @Test(arguments: [
        (BadInput("bad input 97: parent", "a/../b"), PathError.dots),
        (BadInput("bad input 97: self", "./a"), .dots),
        (BadInput("bad input 97: doubled slash", "a//b"), .emptyName),
        (BadInput("bad input 97: leading slash", "/a"), .emptyName),
        (BadInput("bad input 97: trailing slash", "a/"), .emptyName),
        (BadInput("bad input 97: only a slash", "/"), .emptyName),
        (BadInput("bad input 97: NUL", [0x61, 0]), .nulByte),
        (BadInput("bad input 97: reserved", "a/.tandem/b"), .reserved),
        (
            BadInput("bad input 97: 256 bytes", [UInt8](repeating: 0x6E, count: 256)),
            .nameTooLong(256)
        ),
        (BadInput("too long", [UInt8](repeating: 0x2F, count: 65_537)), .tooLong(65_537)),
    ])
    func `what is no path below a root is refused`(input: BadInput, error: PathError) {
        #expect(throws: error) { try RelativePath(validating: input.bytes) }
    }

    @Test func `the empty path is the root, and the empty name is none`() throws {
        #expect(try RelativePath(validating: []).isRoot)
        #expect(throws: PathError.emptyName) { try RelativePath.checkName([]) }
        #expect(throws: PathError.separatorInName) { try RelativePath.checkName(Array("a/b".utf8)) }
    }

    @Test(arguments: [
        ".tandem", ".TANDEM", ".Tandem", ".t\u{200D}andem", "\u{FEFF}.tandem", ".tan\u{AD}dem",
        ".tandem\u{FE0F}", ".tandem\u{180B}", ".\u{34F}tandem", ".tandem\u{2069}",
        "\u{FF0E}\u{FF34}\u{FF41}\u{FF2E}\u{FF44}\u{FF25}\u{FF4D}", "\u{2024}tandem",
        ".\u{1D42D}\u{1D41A}\u{1D427}\u{1D41D}\u{1D41E}\u{1D426}", ".\u{24E3}\u{24D0}ndem",
        ".tan\u{217E}e\u{217F}", ".t\u{AA}n\u{2146}\u{2147}\u{2098}", ".\u{1F143}andem",
    ])
    func `every spelling of .tandem is reserved`(name: String) {
        #expect(throws: PathError.reserved) { try RelativePath.checkName(Array(name.utf8)) }
        let ignored = IgnoreMatcher().isIgnored(name: Array(name.utf8), isDirectory: true)
        #expect(ignored)
    }

    @Test(arguments: [".git", ".GIT", ".Git", ".g\u{200C}it", ".\u{FF27}\u{FF29}\u{FF34}"])
    func `bad input 28: every spelling of .git is skipped at any depth`(name: String) {
        var matcher = IgnoreMatcher()
        #expect(matcher.isIgnored(name: Array(name.utf8), isDirectory: true))
        matcher.enter(directory: Array("sub".utf8))
        #expect(matcher.isIgnored(name: Array(name.utf8), isDirectory: false))
        var withGit = IgnoreMatcher(rules: RuleSet(includesGit: true))
        #expect(withGit.isIgnored(name: Array(name.utf8), isDirectory: true) == (name != ".git"))
        withGit.enter(directory: Array("sub".utf8))
        #expect(withGit.isIgnored(name: Array(name.utf8), isDirectory: true))
    }

    @Test(.tags(.property))
    func `paths are ordered as their components are`() {
        var generator = SeededGenerator(seed: 1)
        let alphabet: [UInt8] = [0x01, 0x2D, 0x2F, 0x30, 0xFF]
        for _ in 0..<5_000 {
            let pair = (0..<2).map { _ in
                let bytes = (0..<generator.below(7)).map { _ in alphabet[generator.below(5)] }
                let names = bytes.split(separator: 0x2F)
                return RelativePath(trusted: Array(names.joined(separator: [0x2F])))
            }
            let byComponents = pair[0].components.lexicographicallyPrecedes(pair[1].components) {
                $0.lexicographicallyPrecedes($1)
            }
            #expect((pair[0] < pair[1]) == byComponents)
            if let parent = pair[0].parent { #expect(pair[0].isDescendant(of: parent)) }
        }
    }

    @Test func `a path is below its own directories only`() {
        let path: RelativePath = "a/bc/d"
        #expect(path.isDescendant(of: .root) && path.isDescendant(of: "a/bc"))
        #expect(!path.isDescendant(of: "a/b") && !path.isDescendant(of: path))
        #expect(path.parent == "a/bc" && path.name == [0x64])
        #expect(RelativePath.root.parent == nil && path.parent?.appending([0x64]) == path)
    }
}
