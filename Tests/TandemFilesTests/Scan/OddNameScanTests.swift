import Glibc
import Testing

import TandemFiles
import TandemSystem
import TandemTestSupport
import TandemTree

/// SAFETY 2.7, names: all of them are bytes.
struct OddNameScanTests {
    private static let names: [(number: String, bytes: [UInt8])] = [
        ("1 newline", Array("a\nb".utf8)),
        ("2 ESC", [0x1B] + Array("[2J".utf8)),
        ("3 C1", [0x61, 0x9B, 0x62]),
        ("4 BEL and DEL", [0x07, 0x7F]),
        ("5 invalid UTF-8", [0xFF, 0xFE]),
        ("6 overlong and surrogate", [0xC0, 0xAF, 0xED, 0xA0, 0x80]),
        ("7 NFC", [0x63, 0xC3, 0xA9]),
        ("8 NFD", [0x63, 0x65, 0xCC, 0x81]),
        ("10 trailing dot", Array("dot.".utf8)),
        ("11 trailing space", Array("space ".utf8)),
        ("12 single space", Array(" ".utf8)),
        ("13 leading dash", Array("-rf".utf8)),
        ("14 three dots", Array("...".utf8)),
        ("15 backslash", Array("a\\b".utf8)),
        ("16 colon", Array("a:b".utf8)),
        ("17 glob", Array("*?[".utf8)),
        ("18 quotes and substitution", Array("'\"$(x)".utf8)),
        ("19 format", Array("%s%n".utf8)),
        ("20 bidi override", [0xE2, 0x80, 0xAE]),
        ("21 U+2028", [0xE2, 0x80, 0xA8]),
        ("22 zero-width joiner", [0xE2, 0x80, 0x8D]),
        ("23 255 bytes", [UInt8](repeating: 0x78, count: 255)),
        ("27 Foo", Array("Foo".utf8)),
        ("27 foo", Array("foo".utf8)),
        ("29 CON", Array("CON".utf8)),
        ("29 aux.txt", Array("aux.txt".utf8)),
        ("30 .tandem-x", Array(".tandem-x".utf8)),
        ("30 x.tmp", Array("x.tmp".utf8)),
        ("30 x.conflict", Array("x.conflict".utf8)),
    ]

    @Test func `bad inputs 1 to 23, 27, 29, 30: every name is its bytes`() throws {
        let root = try ScanRoot()
        for (number, bytes) in Self.names { try root.write(Array(number.utf8), to: bytes) }
        let result = try root.scan()
        #expect(result.problems.isEmpty)
        #expect(result.tree.count == Self.names.count)
        for (number, bytes) in Self.names {
            #expect(
                result.tree.state(at: RelativePath(trusted: bytes)) == .content(number),
                "\(number)"
            )
        }
        #expect(try root.scan(previous: result.tree).statistics.hashedFiles == 0)
    }

    @Test func `bad input 9: NFC and NFD spellings are two files`() throws {
        let root = try ScanRoot()
        try root.write(Array("nfc".utf8), to: [0xC3, 0xA9])
        try root.write(Array("nfd".utf8), to: [0x65, 0xCC, 0x81])
        #expect(try root.scan().tree.count == 2)
    }

    @Test func `Tandem's own directory is left out, other spellings of it are problems`() throws {
        let root = try ScanRoot()
        try root.write("own", to: ".tandem/lineage/x")
        try root.write("other", to: ".TANDEM/x")
        try root.write(
            Array("zero width".utf8),
            to: [0x2E, 0xE2, 0x80, 0x8D] + Array("tandem".utf8)
        )
        try root.write("kept", to: "kept")
        let result = try root.scan()
        expectTree(result, ["kept": "kept"])
        #expect(result.problems.map(\.reason) == [.reservedName, .reservedName])
    }

    @Test func `bad inputs 25, 26: depth 1,000 and a path over 4,096 bytes are read`() throws {
        let root = try ScanRoot()
        let name = Array("directory-12".utf8)
        let fileSystem = RealFileSystem()
        var current = try fileSystem.duplicate(root.root.descriptor)
        for _ in 0..<1_000 {
            let next = try withCName(name) { name throws(SystemError) in
                try fileSystem.makeDirectory(at: current, name, mode: 0o755)
                return try fileSystem.openDirectory(at: current, name)
            }
            fileSystem.close(current)
            current = next
        }
        let file = try withCName(Array("deep".utf8)) { name throws(SystemError) in
            try fileSystem.createFile(at: current, name, mode: 0o644)
        }
        try fileSystem.writeAll(file, Array("found".utf8))
        fileSystem.close(file)
        fileSystem.close(current)
        defer { _ = try? Command.run("rm", ["-rf", root.root.path]) }

        let result = try root.scan()
        let path = RelativePath(
            trusted: Array([[UInt8]](repeating: name, count: 1_000).joined(separator: [47]))
                + Array("/deep".utf8)
        )
        #expect(path.bytes.count > 12_000)
        #expect(result.tree.state(at: path) == .content("found"))
        #expect(result.statistics.directories == 1_000)
        #expect(root.fileSystem.mostOpenDescriptors < 80)
        #expect(try root.scan(previous: result.tree).statistics.hashedFiles == 0)
    }

    @Test func `a path too long for the protocol is a problem`() throws {
        let root = try ScanRoot()
        let name = [UInt8](repeating: 0x6E, count: 255)
        let fileSystem = RealFileSystem()
        var current = try fileSystem.duplicate(root.root.descriptor)
        for _ in 0..<258 {
            let next = try withCName(name) { name throws(SystemError) in
                try fileSystem.makeDirectory(at: current, name, mode: 0o755)
                return try fileSystem.openDirectory(at: current, name)
            }
            fileSystem.close(current)
            current = next
        }
        fileSystem.close(current)
        defer { _ = try? Command.run("rm", ["-rf", root.root.path]) }
        let result = try root.scan()
        #expect(result.problems.map(\.reason) == [.pathTooLong])
        #expect(result.tree.count == 256)
    }
}
