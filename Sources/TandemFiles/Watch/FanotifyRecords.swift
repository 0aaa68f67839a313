/// A directory's name with its file system: inode and generation, so no later directory has it too.
package struct DirectoryHandle: Hashable, Sendable {
    private let kind: Int32
    private let length: UInt32
    /// The first eight bytes, which is all that most file systems use: no array is made for them.
    private let first: UInt64
    private let rest: [UInt8]

    package init(kind: Int32, _ bytes: UnsafeRawBufferPointer) {
        self.kind = kind
        length = UInt32(truncatingIfNeeded: bytes.count)
        var first: UInt64 = 0
        for byte in bytes.prefix(8) { first = first << 8 | UInt64(byte) }
        self.first = first
        rest = Array(bytes.dropFirst(8))
    }
}

/// One thing fanotify tells; an overflow names no directory.
package struct FanotifyEvent: Hashable, Sendable {
    package var mask: UInt64
    package var directory: DirectoryHandle?
    /// Empty when the directory itself is meant.
    package var name: [UInt8]

    package init(mask: UInt64, directory: DirectoryHandle?, name: [UInt8] = []) {
        self.mask = mask
        self.directory = directory
        self.name = name
    }

    /// Whether it tells any of these.
    package func has(_ flags: UInt64) -> Bool { mask & flags != 0 }

    /// What is named is a directory.
    package var isDirectory: Bool { has(FanotifyMask.onDirectory) }
}

/// Bits of linux/fanotify.h.
package enum FanotifyMask {
    package static let modify: UInt64 = 0x2
    package static let attributes: UInt64 = 0x4
    package static let closeWrite: UInt64 = 0x8
    package static let open: UInt64 = 0x20
    package static let movedFrom: UInt64 = 0x40
    package static let movedTo: UInt64 = 0x80
    package static let create: UInt64 = 0x100
    package static let delete: UInt64 = 0x200
    package static let deleteSelf: UInt64 = 0x400
    package static let moveSelf: UInt64 = 0x800
    package static let overflow: UInt64 = 0x4000
    package static let onDirectory: UInt64 = 0x4000_0000

    /// What makes, moves or removes a name.
    package static let names = create | delete | movedFrom | movedTo
    /// All that changes names, content, the execute bit or a directory itself.
    package static let changes = names | modify | attributes | closeWrite | onDirectory
}

/// The events that one read put into a buffer.
///
/// Layout (man 7 fanotify): length u32, version u8, reserved u8, header length u16, mask u64, fd i32,
/// pid i32; then records of kind u8, pad u8, length u16. A record of kind 2 has the file system's id
/// (8 bytes), the handle's length u32, its kind i32, the handle, and a name that ends with NUL. An
/// event that does not fit its buffer ends the walk.
package struct FanotifyRecords: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Walks the filled part of a buffer.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next event; nil at the end.
    package mutating func next() -> FanotifyEvent? {
        guard position + Self.headerSize <= bytes.count else { return nil }
        let length = Int(load(position, UInt32.self))
        let header = Int(load(position + 6, UInt16.self))
        let end = position + length
        guard header >= Self.headerSize, length >= header, end <= bytes.count else { return nil }
        var event = FanotifyEvent(mask: load(position + 8, UInt64.self), directory: nil)
        var record = position + header
        while record + Self.recordHeaderSize <= end {
            let size = Int(load(record + 2, UInt16.self))
            guard size >= Self.recordHeaderSize, record + size <= end else { break }
            if bytes[record] == Self.directoryAndName { read(record, size, into: &event) }
            record += size
        }
        position = end
        return event
    }

    private func read(_ record: Int, _ size: Int, into event: inout FanotifyEvent) {
        let start = record + Self.handleOffset
        guard size >= Self.handleOffset else { return }
        let length = Int(load(record + 12, UInt32.self))
        guard start + length <= record + size else { return }
        event.directory = DirectoryHandle(
            kind: load(record + 16, Int32.self),
            UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
        )
        let name = bytes[(start + length)..<(record + size)].prefix { $0 != 0 }
        event.name = name.elementsEqual(CollectionOfOne(UInt8(ascii: "."))) ? [] : Array(name)
    }

    private func load<Number: BitwiseCopyable>(_ offset: Int, _ type: Number.Type) -> Number {
        bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    package static let headerSize = 24
    private static let recordHeaderSize = 4
    private static let handleOffset = 20
    private static let directoryAndName: UInt8 = 2
}
