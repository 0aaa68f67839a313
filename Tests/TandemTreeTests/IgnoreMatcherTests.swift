import TandemTestSupport
import TandemTree
import Testing

struct IgnoreMatcherTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func rules(_ files: [(String, RuleFile.Kind, String)]) -> RuleSet {
        var set = RuleSet.standard
        for (directory, kind, content) in files {
            set.add(
                RuleFile(
                    directory: RelativePath(trusted: bytes(directory)),
                    kind: kind,
                    content: bytes(content)
                )
            )
        }
        return set
    }

    @Test func `the catalogue and logs are ignored by default, ordinary files are not`() {
        let matcher = IgnoreMatcher()
        for name in ["a.log", ".DS_Store", "m.pyc", "notes~", ".x.swp", "#x#", "._a"] {
            #expect(matcher.isIgnored(name: Self.bytes(name), isDirectory: false), "\(name)")
        }
        for name in ["logs", "__pycache__"] {
            #expect(matcher.isIgnored(name: Self.bytes(name), isDirectory: true), "\(name)")
            #expect(!matcher.isIgnored(name: Self.bytes(name), isDirectory: false), "\(name)")
        }
        for name in [
            "a.txt", "log", "catalog", "core.c", "core.5.gz", "node_modules", ".gitignore",
            ".github",
        ] {
            #expect(!matcher.isIgnored(name: Self.bytes(name), isDirectory: false), "\(name)")
        }
    }

    @Test func `a .tandemignore overrules every .gitignore, and both overrule the catalogue`() {
        let set = Self.rules([
            ("", .tandemignore, "!dist/\nsecret\n"),
            ("", .gitignore, "dist/\n!keep.log\n"),
            ("sub", .gitignore, "dist/\n!secret\n"),
        ])
        #expect(set.explain("sub/dist", isDirectory: true)?.isIgnored == false)
        #expect(set.explain("sub/secret", isDirectory: false)?.isIgnored == true)
        #expect(set.explain("keep.log", isDirectory: false)?.isIgnored == false)
        #expect(set.explain("other.log", isDirectory: false)?.isIgnored == true)
    }

    @Test func `the configuration overrules all files`() {
        let set = Self.rules([
            ("", .configuration, "*.bin\n"), ("a", .tandemignore, "!x.bin\n"),
        ])
        #expect(set.explain("a/x.bin", isDirectory: false)?.file == .configuration)
    }

    @Test func `an explanation names file, line and pattern`() throws {
        let set = Self.rules([("src", .gitignore, "# objects\n\n*.o\nbuild/\n")])
        let reason = try #require(set.explain("src/deep/x.o", isDirectory: false))
        #expect(reason.file == .gitignore && reason.directory == "src" && reason.line == 3)
        #expect(reason.pattern == Self.bytes("*.o") && reason.isIgnored)
        let above = try #require(set.explain("src/build/y/z", isDirectory: false))
        #expect(above.matched == "src/build" && above.line == 4)
        #expect(set.explain("src/x.c", isDirectory: false) == nil)
        #expect(set.explain("a/.git/config", isDirectory: false)?.matched == "a/.git")
    }

    @Test func `rules read on the way mean what the same rules given beforehand mean`() {
        var onTheWay = IgnoreMatcher(gitignore: Self.bytes("/top\n"))
        var given = IgnoreMatcher(
            rules: Self.rules([("", .gitignore, "/top\n"), ("d", .gitignore, "a/*.x\n")])
        )
        onTheWay.enter(directory: Self.bytes("d"), gitignore: Self.bytes("a/*.x\n"))
        given.enter(directory: Self.bytes("d"))
        for matcher in [onTheWay, given] {
            var matcher = matcher
            #expect(!matcher.isIgnored(name: Self.bytes("top"), isDirectory: false))
            matcher.enter(directory: Self.bytes("a"))
            #expect(matcher.isIgnored(name: Self.bytes("1.x"), isDirectory: false))
            matcher.leave()
            #expect(!matcher.isIgnored(name: Self.bytes("1.x"), isDirectory: false))
            matcher.leave()
            matcher.leave()
            #expect(matcher.isIgnored(name: Self.bytes("top"), isDirectory: false))
        }
    }

    @Test func `a copy goes its own way`() {
        var matcher = IgnoreMatcher()
        matcher.enter(directory: Self.bytes("d"), gitignore: Self.bytes("x\n"))
        var copy = matcher
        copy.leave()
        #expect(matcher.isIgnored(name: Self.bytes("x"), isDirectory: false))
        #expect(!copy.isIgnored(name: Self.bytes("x"), isDirectory: false))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a hostile pattern costs no more than a long one`() {
        let hostile =
            String(repeating: "**/", count: 300) + String(repeating: "a*", count: 60) + "b"
        var matcher = IgnoreMatcher(gitignore: Self.bytes(hostile + "\n"))
        for _ in 0..<300 { matcher.enter(directory: [0x61]) }
        let name = [UInt8](repeating: 0x61, count: 255)
        #expect(!matcher.isIgnored(name: name, isDirectory: false))
        #expect(matcher.isIgnored(name: name.dropLast() + [0x62], isDirectory: false))
    }

    @Test func `a rule set has one digest, whatever order its files came in`() throws {
        let files: [(String, RuleFile.Kind, String)] = [
            ("b", .gitignore, "x"), ("a", .tandemignore, "y"), ("a", .gitignore, "z"),
        ]
        let set = Self.rules(files)
        #expect(set == Self.rules(files.reversed()))
        #expect(set.digest == Self.rules(files.reversed()).digest)
        #expect(set.digest != RuleSet.standard.digest)
        let copy = try RuleSet(decoding: set.encode())
        #expect(copy == set && copy.digest == set.digest)
        #expect(try RuleSet(decoding: RuleSet(includesGit: true).encode()).includesGit)
    }

    @Test(.tags(.fault))
    func `a rule set cut off or changed anywhere is refused or another set`() {
        let set = Self.rules([("a/b", .gitignore, "x\n"), ("c", .tandemignore, "y\n")])
        let bytes = set.encode()
        for length in bytes.indices {
            #expect(throws: RuleSetDecodingError.self) {
                try RuleSet(decoding: Array(bytes[..<length]))
            }
        }
        #expect(throws: RuleSetDecodingError.trailingBytes) { try RuleSet(decoding: bytes + [0]) }
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 0xFF
            if let other = try? RuleSet(decoding: damaged) { #expect(other != set) }
        }
        let claims: [UInt8] = [1, 0, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(throws: RuleSetDecodingError.cutOff) { try RuleSet(decoding: claims) }
        let reserved: [UInt8] = [1, 0, 1, 0, 0, 0, 2, 2, 0, 0, 0, 0x2E, 0x2E, 0, 0, 0, 0]
        #expect(throws: RuleSetDecodingError.badPath(.dots)) { try RuleSet(decoding: reserved) }
    }
}
