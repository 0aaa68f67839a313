import TandemTestSupport
import Testing

@testable import TandemProtocol

struct ByteReaderTests {
    @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, UInt64(Int64.max), .max])
    func `a number is read as it was written`(_ value: UInt64) throws {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        var reader = ByteReader(bytes)
        #expect(try reader.varint("test") == value)
        #expect(reader.remaining == 0)
    }

    @Test
    func `bad input 95: a number of eleven bytes, or above 64 bits, is refused`() {
        let eleven = Array(repeating: UInt8(0x80), count: 10) + [0x01]
        let tooHigh = Array(repeating: UInt8(0xff), count: 9) + [0x02]
        for bytes in [eleven, tooHigh] {
            #expect(code { _ = try read(bytes) } == .badNumber)
        }
        #expect(throws: Never.self) { try read(Array(repeating: 0xff, count: 9) + [0x01]) }
    }

    @Test
    func `a number has one writing only`() {
        #expect(code { _ = try read([0x80, 0x00]) } == .badNumber)
        #expect(code { _ = try read([0xff, 0x80, 0x00]) } == .badNumber)
    }

    @Test
    func `a number that ends early is truncated`() {
        #expect(code { _ = try read([]) } == .truncated)
        #expect(code { _ = try read([0x80]) } == .truncated)
    }

    @Test(.tags(.property))
    func `any number survives, and any bytes give a number or an error`() throws {
        var random = SeededGenerator(seed: 95)
        for _ in 0..<20_000 {
            let value = random.next() >> UInt64(random.below(64))
            var bytes: [UInt8] = []
            bytes.appendVarint(value)
            #expect(try read(bytes) == value)
            _ = try? read((0..<random.below(12)).map { _ in UInt8(random.below(256)) })
        }
    }

    @Test
    func `text that is not UTF-8 is refused, and long text is cut between characters`() throws {
        var reader = ByteReader([2, 0xc3, 0x28])
        #expect(code { _ = try reader.text("test", atMost: 10) } == .badText)
        var bytes: [UInt8] = []
        bytes.append(text: "añb", atMost: 2)
        #expect(bytes == [1, 0x61])
    }

    private func read(_ bytes: [UInt8]) throws -> UInt64 {
        var reader = ByteReader(bytes)
        return try reader.varint("test")
    }
}
