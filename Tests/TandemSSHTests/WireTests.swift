import TandemTestSupport
import Testing

@testable import TandemSSH

struct WireTests {
    @Test func `what is written is read`() {
        var writer = WireWriter()
        writer.byte(7)
        writer.uint32(0xDEAD_BEEF)
        writer.string("text")
        writer.mpint([0, 0x80, 1])
        writer.mpint([0, 0])
        var reader = WireReader(writer.bytes)
        #expect(reader.byte() == 7)
        #expect(reader.uint32() == 0xDEAD_BEEF)
        #expect(reader.text() == "text")
        #expect(reader.mpint() == [0x80, 1])
        #expect(reader.mpint() == [])
        #expect(reader.isAtEnd)
        #expect(reader.byte() == nil)
    }

    @Test func `a length past the end and a negative number are nil`() {
        var long = WireReader([0xFF, 0xFF, 0xFF, 0xFF, 1])
        #expect(long.string() == nil)
        var negative = WireReader([0, 0, 0, 1, 0x80])
        #expect(negative.mpint() == nil)
        var short = WireReader([0, 0])
        #expect(short.uint32() == nil)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ])
    func `base64 is RFC 4648's`(clear: String, coded: String) {
        #expect(Base64.encode(Array(clear.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(clear.utf8))
    }

    @Test(arguments: ["Z", "Zg=", "Zg==x", "Z===", "Zm 9", "Zm9v=AAA"])
    func `what is not base64 is nil`(_ text: String) {
        // One padding character may be missing: OpenSSH's fingerprints have none.
        if text != "Zg=" { #expect(Base64.decode(text) == nil) }
    }

    @Test(.tags(.property))
    func `no bytes trap the readers of keys and agents`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...8, using: &generator) }
            _ = PublicKeyBlob(bytes)
            _ = HostKey(blob: bytes)
            var der = DERReader([0x30] + bytes)
            _ = der.sequence()
            let armour = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
            let body = Base64.encode(Array("openssh-key-v1\0".utf8) + bytes)
            let file = try? PrivateKeyFile(Array((armour + body + "\n-----END").utf8))
            _ = try? file?.open(passphrase: [1])
        }
    }

    @Test func `a chunk list gives back what it took, in order`() {
        var list = ChunkList()
        var expected: [UInt8] = []
        var got: [UInt8] = []
        for round in 0..<200 {
            let part = [UInt8](repeating: UInt8(round), count: round * 331)
            part.withUnsafeBytes { list.append($0) }
            expected += part
            let taken = min(list.front.count, round * 257)
            got += list.front.prefix(taken)
            list.consume(taken)
        }
        while list.count > 0 {
            got += list.front
            list.consume(list.front.count)
        }
        #expect(got == expected)
    }
}
