/// Bytes from the network that libssh2 has not taken yet.
struct ReceiveBuffer: ~Copyable {
    /// One recv(2) of this size costs least (measured between 64 and 256 KiB).
    static let capacity = 256 * 1024

    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: capacity,
        alignment: 16
    )
    private var start = 0
    private var end = 0
    /// True once the peer ended; told to libssh2 when the bytes before it are taken.
    var ended = false

    init() {}

    deinit { memory.deallocate() }

    var count: Int { end - start }

    var isFull: Bool { start < end && end == Self.capacity }

    /// Where the next bytes may be put; all of it when the buffer is empty.
    mutating func space() -> UnsafeMutableRawBufferPointer {
        if start == end {
            start = 0
            end = 0
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    }

    /// Counts bytes that were put into `space()`.
    mutating func filled(_ count: Int) { end += count }

    /// Copies out at most `capacity` bytes; 0 when there are none now.
    mutating func take(into target: UnsafeMutableRawPointer, capacity: Int) -> Int {
        let taken = min(capacity, end - start)
        guard taken > 0, let base = memory.baseAddress else { return 0 }
        target.copyMemory(from: base + start, byteCount: taken)
        start += taken
        return taken
    }
}
