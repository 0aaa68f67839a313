import Foundation
import TandemTestSupport
import Testing

/// Awkward names, through both programs and a real sshd.
@Suite(.serialized) struct NamePushTests {
    /// Numbers 1 to 24, 27, 29 and 30 of the list: what a name may hold.
    private static let names: [[UInt8]] = {
        var names: [[UInt8]] = [
            Array("new\nline".utf8), [0x1B, 0x5B, 0x33, 0x31, 0x6D], [0x9B, 0x41], [0x07, 0x7F],
            [0xFF, 0xFE], [0xC0, 0xAF], [0xED, 0xA0, 0x80], Array("n\u{E4}her".utf8),
            Array("na\u{308}her".utf8), Array("dot.".utf8), Array("space ".utf8), [0x20],
            Array("-rf".utf8), Array("...".utf8), Array("a\\b".utf8), Array("a:b".utf8),
            Array("*?[".utf8), Array("'\"$(x)`".utf8), Array("%s%n".utf8),
            Array("\u{202E}gpj.exe".utf8), Array("\u{2028}".utf8), Array("a\u{200D}b".utf8),
            [UInt8](repeating: 0x61, count: 255), [UInt8](repeating: 0x62, count: 250),
        ]
        let plain = ["Foo", "foo", "CON", "aux.txt", ".tandem-x", "x.tmp", "x.conflict", "stage"]
        names += plain.map { Array($0.utf8) }
        return names
    }()

    /// A path of 12,060 bytes, and one of 1,000 directories.
    private static let chains: [(name: [UInt8], depth: Int)] = [
        ([UInt8](repeating: 0x6C, count: 200), 60), ([0x64], 1_000),
    ]

    private let live: LivePair

    init() throws { live = try LivePair() }

    /// FileManager cannot remove what lies so deep.
    private func removeChains() {
        for chain in Self.chains {
            let name = String(decoding: chain.name, as: UTF8.self)
            _ = try? Command.run("rm", ["-rf", "\(live.laptop)/\(name)", "\(live.root)/\(name)"])
        }
        _ = try? Command.run("rm", ["-rf", "\(live.root)/.tandem"])
    }

    @Test(.tags(.live))
    func `bad input 1 to 27, 29 and 30: every name, long path and depth arrives as it is`() throws {
        defer { removeChains() }
        let laptop = try RawDirectory(live.laptop)
        for name in Self.names { try laptop.write(name) }
        for chain in Self.chains {
            try laptop.chain(chain.name, depth: chain.depth, makes: true).write([0x66])
        }
        let end = try live.push("-v", "--all")
        #expect(end.code == 0, "\(end.said)")
        #expect(end.output.contains(#"new\x0aline"#), "\(end.said)")
        end.expectPlainText()
        let vm = try RawDirectory(live.root)
        for name in Self.names {
            #expect(try vm.read(name) == name, "\(name)")
        }
        for chain in Self.chains {
            let deepest = try vm.chain(chain.name, depth: chain.depth, makes: false)
            #expect(try deepest.read([0x66]) == [0x66])
        }
        let long = String(decoding: Self.chains[0].name, as: UTF8.self)
        #expect(try live.differences(excluding: ["/\(long)"]) == "")
        let again = try live.push("--json")
        #expect(again.code == 0)
        #expect(try SentBytes(again).sent == 0)
        for command in [["status"], ["plan"], ["recover"], ["doctor"]] {
            _ = try live.tandem(command)
        }
    }

    @Test(.tags(.live)) func `bad input 28: .git is left out in any spelling, at any depth`() throws
    {
        for name in [".git/config", "a/.GIT/config", "a/b/.Git/hooks/x", ".gitx", "a/b/file"] {
            try live.write("x", to: name)
        }
        let end = try live.push()
        #expect(end.code == 0, "\(end.said)")
        #expect(live.onVM(".gitx") == "x")
        #expect(live.onVM("a/b/file") == "x")
        for name in [".git", "a/.GIT", "a/b/.Git"] {
            #expect(!FileManager.default.fileExists(atPath: "\(live.root)/\(name)"))
        }
        #expect(try live.differences(excluding: [".[gG][iI][tT]"]) == "")
    }

    @Test(.tags(.live)) func `names that would obey a terminal are shown escaped in every list`()
        throws
    {
        try live.write("base", to: "a\u{1B}[31m")
        #expect(try live.push().code == 0)
        try live.write("laptop", to: "a\u{1B}[31m")
        try Data("vm".utf8).write(to: URL(fileURLWithPath: "\(live.root)/a\u{1B}[31m"))
        try Data("vm".utf8).write(to: URL(fileURLWithPath: "\(live.root)/own\u{9B}\u{202E}"))
        try Command.run("mkfifo", ["\(live.laptop)/pipe\u{7}"])
        let end = try live.push()
        #expect(end.code == 1, "\(end.said)")
        #expect(end.output.contains(#"a\x1b[31m  both sides changed it"#), "\(end.said)")
        #expect(end.output.contains(#"pipe\x07"#), "\(end.said)")
        for command in [["plan"], ["push", "-v"], ["push", "--json"], ["status"], ["recover"]] {
            _ = try live.tandem(command)
        }
    }
}

/// What a push says of the content it sent.
struct SentBytes: Decodable {
    private struct Bytes: Decodable { var sent: UInt64 }

    private var bytes: Bytes

    var sent: UInt64 { bytes.sent }

    init(_ end: CommandEnd) throws {
        self = try JSONDecoder().decode(SentBytes.self, from: Data(end.output.utf8))
    }
}
