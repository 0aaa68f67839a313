/// One thing inotify tells.
package struct InotifyEvent: Hashable, Sendable {
    package var watch: Int32
    package var mask: UInt32
    /// Pairs the two halves of a rename.
    package var cookie: UInt32
    /// Empty when the watched directory itself is meant.
    package var name: [UInt8]

    package init(watch: Int32, mask: UInt32, cookie: UInt32 = 0, name: [UInt8] = []) {
        self.watch = watch
        self.mask = mask
        self.cookie = cookie
        self.name = name
    }
}

/// The events that one read put into a buffer.
///
/// Layout (man 7 inotify): watch i32, mask u32, cookie u32, length u32, then that many bytes of a
/// name filled up with NUL. An event that does not fit its buffer ends the walk.
package struct InotifyRecords: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Walks the filled part of a buffer.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next event; nil at the end.
    package mutating func next() -> InotifyEvent? {
        guard position + Self.headerSize <= bytes.count else { return nil }
        let length = Int(load(12, UInt32.self))
        let end = position + Self.headerSize + length
        guard end <= bytes.count else { return nil }
        let field = bytes[(position + Self.headerSize)..<end]
        defer { position = end }
        return InotifyEvent(
            watch: load(0, Int32.self),
            mask: load(4, UInt32.self),
            cookie: load(8, UInt32.self),
            name: Array(field.prefix { $0 != 0 })
        )
    }

    private func load<Number: BitwiseCopyable>(_ offset: Int, _ type: Number.Type) -> Number {
        bytes.loadUnaligned(fromByteOffset: position + offset, as: type)
    }

    private static let headerSize = 16
}
