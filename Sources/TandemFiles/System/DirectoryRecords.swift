/// The records that one `readDirectory` call put into a buffer.
///
/// Layout of `linux_dirent64` (man 2 getdents): inode u64, offset i64, record length u16, type u8,
/// NUL-terminated name. A record that does not fit its buffer ends the walk: nothing outside is read.
package struct DirectoryRecords {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// The type (`d_type`) of the entry that `next` gave last; 0 where the file system tells none.
    package private(set) var type: UInt8 = 0

    /// Walks `count` bytes at the start of `buffer`.
    package init(_ buffer: UnsafeMutableRawBufferPointer, count: Int) {
        bytes = UnsafeRawBufferPointer(rebasing: buffer[..<min(max(count, 0), buffer.count)])
    }

    /// The next entry's name with its NUL; `.` and `..` are passed over; nil at the end.
    package mutating func next() -> UnsafeBufferPointer<CChar>? {
        while position + Self.nameOffset < bytes.count {
            let length = Int(
                bytes.loadUnaligned(fromByteOffset: position + Self.lengthOffset, as: UInt16.self)
            )
            guard length > Self.nameOffset, position + length <= bytes.count else { return nil }
            type = bytes[position + Self.typeOffset]
            let field = bytes[(position + Self.nameOffset)..<(position + length)]
            position += length
            guard let end = field.firstIndex(of: 0) else { return nil }
            let name = UnsafeRawBufferPointer(rebasing: field[...end])
            if !Self.isDots(name) { return name.assumingMemoryBound(to: CChar.self) }
        }
        return nil
    }

    private static func isDots(_ name: UnsafeRawBufferPointer) -> Bool {
        let dot = UInt8(ascii: ".")
        return name[0] == dot && (name.count == 2 || (name.count == 3 && name[1] == dot))
    }

    private static let lengthOffset = 16
    private static let typeOffset = 18
    private static let nameOffset = 19
}
