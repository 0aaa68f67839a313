import Testing

import TandemFiles

/// The kernel's records, byte by byte.
struct RecordTests {
    @Test func `inotify's events are read from their bytes, and a torn one is left`() throws {
        var bytes: [UInt8] = []
        func append(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        for number: UInt32 in [7, 0x100, 5, 8] { append(number) }
        bytes += Array("name".utf8) + [0, 0, 0, 0]
        for number: UInt32 in [9, 0x200, 0, 0] { append(number) }
        let whole = bytes
        for number: UInt32 in [1, 2, 3, 400] { append(number) }
        let expected = [
            InotifyEvent(watch: 7, mask: 0x100, cookie: 5, name: Array("name".utf8)),
            InotifyEvent(watch: 9, mask: 0x200),
        ]
        for length in whole.count...bytes.count {
            let found = bytes[..<length].withUnsafeBytes { Array(InotifyRecords($0)) }
            #expect(found == expected)
        }
        for length in 0..<whole.count {
            let found = whole[..<length].withUnsafeBytes { Array(InotifyRecords($0)) }
            #expect(found == Array(expected.prefix(length < 24 ? 0 : 1)))
        }
    }

    @Test func `fanotify's events are read from their bytes, and a torn one is left`() {
        let named = fanotifyEvent(mask: 0x102, handle: [1, 2, 3, 4, 5, 6, 7, 8], name: "name")
        let own = fanotifyEvent(mask: 0x4000_0004, handle: Array(1...12), name: ".")
        let overflow = bytes(
            UInt32(24),
            UInt8(3),
            UInt8(0),
            UInt16(24),
            UInt64(0x4000),
            Int32(-1),
            Int32(0)
        )
        let whole = named + own + overflow
        let expected = [
            FanotifyEvent(
                mask: 0x102,
                directory: handle([1, 2, 3, 4, 5, 6, 7, 8]),
                name: Array("name".utf8)
            ),
            FanotifyEvent(mask: 0x4000_0004, directory: handle(Array(1...12))),
            FanotifyEvent(mask: 0x4000, directory: nil),
        ]
        let ends = [named.count, named.count + own.count, whole.count]
        for length in 0...whole.count {
            let found = whole[..<length].withUnsafeBytes { Array(FanotifyRecords($0)) }
            #expect(found == Array(expected.prefix(ends.count { $0 <= length })))
        }
    }

    @Test func `lengths in a fanotify event that lead beyond it name no directory`() {
        let sound = fanotifyEvent(mask: 2, handle: [1, 2, 3, 4], name: "n")
        for place in [26, 27, 36, 37, 38, 39] {
            var broken = sound
            broken[place] = 0xff
            let found = broken.withUnsafeBytes { Array(FanotifyRecords($0)) }
            #expect(found == [FanotifyEvent(mask: 2, directory: nil)], "byte \(place)")
        }
    }

    private func handle(_ value: [UInt8]) -> DirectoryHandle {
        value.withUnsafeBytes { DirectoryHandle(kind: 1, $0) }
    }

    private func fanotifyEvent(mask: UInt64, handle: [UInt8], name: String) -> [UInt8] {
        let text = Array(name.utf8) + [0]
        let record = 20 + handle.count + text.count
        let header = bytes(
            UInt32(24 + record),
            UInt8(3),
            UInt8(0),
            UInt16(24),
            mask,
            Int32(-1),
            Int32(7)
        )
        let place = bytes(UInt8(2), UInt8(0), UInt16(record), UInt64(9), UInt32(handle.count))
        return header + place + bytes(Int32(1)) + handle + text
    }

    private func bytes(_ numbers: any FixedWidthInteger...) -> [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        return numbers.flatMap { bytes($0) }
    }
}
