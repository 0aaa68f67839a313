import TandemTestSupport
import TandemTree
import Testing

struct DigestTests {
    /// FIPS 180-4's example for "abc".
    private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func `a digest is SHA-256, however the bytes came in`() {
        #expect(ContentHasher.digest(of: Array("abc".utf8)).hex == Self.abc)
        var hasher = ContentHasher()
        for byte in "abc".utf8 { hasher.update([byte]) }
        #expect(hasher.finish().hex == Self.abc)
        // The hasher is ready for the next value.
        hasher.update(Array("abc".utf8))
        #expect(hasher.finish().hex == Self.abc)
        #expect(hasher.finish() == ContentHasher.digest(of: []))
    }

    @Test func `a digest keeps its bytes and their order`() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(Digest(bytes: bytes.dropLast()) == nil && Digest(bytes: bytes + [0]) == nil)
        for position in bytes.indices {
            var greater = bytes
            greater[position] += 1
            #expect(digest < (try #require(Digest(bytes: greater))))
        }
        #expect(Digest.zero.isZero && !digest.isZero)
    }
}

struct EscapeTests {
    @Test(arguments: [
        ("plain é 漢 🙂 \\", "plain é 漢 🙂 \\"),
        ("a\u{1B}[2J\u{7}", "a\\x1b[2J\\x07"),
        ("\u{9B}\u{7F}\n", "\\xc2\\x9b\\x7f\\x0a"),
        ("\u{202E}\u{2066}\u{61C}", "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xd8\\x9c"),
        ("\u{2028}\u{2029}", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"),
        ("\u{200B}\u{FEFF}\u{AD}", "\\xe2\\x80\\x8b\\xef\\xbb\\xbf\\xc2\\xad"),
    ])
    func `what could steer a terminal is shown as bytes`(text: String, shown: String) {
        #expect(escaped(text.utf8) == shown)
        #expect(escaped(shown.utf8) == shown)
    }

    @Test func `bytes that are not UTF-8 are shown one by one`() {
        #expect(escaped([0x61, 0xFF, 0xC3]) == "a\\xff\\xc3")
        #expect(escaped([0xC0, 0xAF]) == "\\xc0\\xaf")
        #expect(escaped([0xED, 0xA0, 0x80, 0x62]) == "\\xed\\xa0\\x80b")
        #expect(escaped([0xF4, 0x90, 0x80, 0x80]) == "\\xf4\\x90\\x80\\x80")
    }
}
