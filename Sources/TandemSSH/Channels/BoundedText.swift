/// The last bytes of a program's standard error, for messages.
struct BoundedText: Sendable {
    /// Enough for what a failing program says, and harmless when it never stops.
    private static let limit = 16 * 1024

    private var bytes: [UInt8] = []
    private(set) var droppedBytes = 0

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more.suffix(Self.limit))
        droppedBytes += max(0, more.count - Self.limit)
        // Cut only at twice the limit, so that a flood costs one move for each limit's worth.
        guard bytes.count > 2 * Self.limit else { return }
        droppedBytes += bytes.count - Self.limit
        bytes.removeFirst(bytes.count - Self.limit)
    }

    /// The text, with what is not UTF-8 replaced; the caller escapes it for its sink.
    var text: String { String(decoding: bytes.suffix(Self.limit), as: UTF8.self) }
}
