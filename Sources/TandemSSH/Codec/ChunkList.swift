/// Bytes on their way to the network: appended at the end, taken from the front, never moved.
struct ChunkList: ~Copyable {
    private struct Chunk {
        let memory: UnsafeMutableRawBufferPointer
        var start = 0
        var end = 0
    }

    /// Room for several of SSH's 32 KiB packets.
    private static let chunkSize = 128 * 1024

    private var chunks: [Chunk] = []
    /// One empty chunk kept, so that a steady stream does not allocate.
    private var spare: UnsafeMutableRawBufferPointer?
    private(set) var count = 0

    init() {}

    deinit {
        for chunk in chunks { chunk.memory.deallocate() }
        spare?.deallocate()
    }

    /// Copies all of `bytes` to the end.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        if let last = chunks.last, last.memory.count - last.end >= bytes.count {
        } else {
            chunks.append(Chunk(memory: allocate(atLeast: bytes.count)))
        }
        let index = chunks.count - 1
        let end = chunks[index].end
        chunks[index].memory.baseAddress?.advanced(by: end)
            .copyMemory(from: source, byteCount: bytes.count)
        chunks[index].end = end + bytes.count
        count += bytes.count
    }

    /// The first contiguous bytes; empty when there are none.
    var front: UnsafeRawBufferPointer {
        guard let first = chunks.first else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: first.memory[first.start..<first.end])
    }

    /// Drops bytes from the front; at most as many as `front` has.
    mutating func consume(_ taken: Int) {
        guard taken > 0 else { return }
        chunks[0].start += taken
        count -= taken
        if chunks[0].start == chunks[0].end { recycle(chunks.removeFirst().memory) }
    }

    private mutating func allocate(atLeast size: Int) -> UnsafeMutableRawBufferPointer {
        if size <= Self.chunkSize, let spare {
            self.spare = nil
            return spare
        }
        return .allocate(byteCount: max(size, Self.chunkSize), alignment: 16)
    }

    private mutating func recycle(_ memory: UnsafeMutableRawBufferPointer) {
        if spare == nil, memory.count == Self.chunkSize {
            spare = memory
        } else {
            memory.deallocate()
        }
    }
}
