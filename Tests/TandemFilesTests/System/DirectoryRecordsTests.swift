import Testing

import TandemFiles
import TandemTestSupport

struct DirectoryRecordsTests {
    private func names(_ bytes: [UInt8]) -> [String] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count,
            alignment: 8
        )
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        var records = DirectoryRecords(buffer, count: bytes.count)
        var found: [String] = []
        while let name = records.next() {
            found.append(
                String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            )
        }
        return found
    }

    private func record(_ name: String) -> [UInt8] {
        let length = (19 + name.utf8.count + 1 + 7) / 8 * 8
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes += [UInt8(length & 0xFF), UInt8(length >> 8), 8] + Array(name.utf8)
        return bytes + [UInt8](repeating: 0, count: length - bytes.count)
    }

    @Test func `names come without dot and dot-dot`() {
        let bytes = [".", "..", "a", "...", ".b", String(repeating: "n", count: 255)]
        #expect(
            names(bytes.flatMap { record($0) })
                == ["a", "...", ".b", String(repeating: "n", count: 255)]
        )
    }

    @Test(.tags(.property)) func `any bytes end the walk inside the buffer`() {
        let whole = record("first") + record("second")
        for length in 0..<whole.count {
            #expect(names(Array(whole[..<length])).count <= 2)
        }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<4 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            #expect(names(bytes).count <= 2)
        }
    }
}
