/// Gathers pieces of content into Data frames, compressed where that pays.
///
/// Owned by one thread. Content is written once, straight into the frame that carries it.
package struct DataPacker: ~Copyable {
    /// Frame header and pack header: where records begin in `pack`.
    private static let prefix = [UInt8].frameHeaderSize + DataPack.headerSize
    /// The longest record header: two varints and a fixed length.
    private static let recordHeader = 5 + 10 + 4
    /// Below this the headers weigh more than what compression saves.
    private static let smallestToCompress = 256

    private var pack: [UInt8]
    private var highestID: UInt32 = 0
    private var contentBytes = 0
    private var spares: [[UInt8]] = []
    private var chooser: CompressionChooser
    private let compressor = ZstdCompressor()
    private let type: FrameType

    /// Begins an empty pack.
    ///
    /// - Parameters:
    ///   - compress: false if the other side cannot unpack zstd or the link is local.
    ///   - toLaptop: whether Content frames are made, which the vm sends, instead of Data frames.
    package init(compress: Bool, toLaptop: Bool = false) {
        type = toLaptop ? .content : .data
        chooser = CompressionChooser(enabled: compress)
        pack = []
        open()
    }

    /// Content bytes that wait in the open pack.
    package var pendingBytes: Int { contentBytes }

    /// Adds a piece, cutting it where packs end; `emit` gets every frame that became full.
    package mutating func add(
        _ id: UInt32,
        offset: UInt64,
        _ bytes: UnsafeRawBufferPointer,
        emit: (PackedFrame) throws -> Void
    ) rethrows {
        var start = 0
        while start < bytes.count {
            let wanted = bytes.count - start
            let part = try room(for: wanted, emit: emit)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<(start + part)])
            openRecord(id, offset: offset + UInt64(start), length: part)
            unsafe pack.append(contentsOf: piece)
            start += part
        }
    }

    /// Adds a piece from an array.
    package mutating func add(
        _ id: UInt32,
        offset: UInt64,
        _ bytes: [UInt8],
        emit: (PackedFrame) throws -> Void
    ) rethrows {
        var start = 0
        while start < bytes.count {
            let part = try room(for: bytes.count - start, emit: emit)
            openRecord(id, offset: offset + UInt64(start), length: part)
            pack.append(contentsOf: bytes[start..<(start + part)])
            start += part
        }
    }

    /// Emits what waits, if anything does.
    package mutating func flush(emit: (PackedFrame) throws -> Void) rethrows {
        guard contentBytes > 0 else { return }
        try emit(close())
    }

    /// Gives back a sent frame's memory.
    package mutating func recycle(_ frame: consuming PackedFrame) {
        guard spares.count < 2 else { return }
        spares.append(frame.bytes)
    }

    /// Says how much of `wanted` fits the open pack, after emitting a full one.
    private mutating func room(
        for wanted: Int,
        emit: (PackedFrame) throws -> Void
    ) rethrows -> Int {
        // A piece is split only when the rest of the pack is worth a record of its own.
        if free < min(wanted, Self.smallestToCompress) { try emit(close()) }
        return min(wanted, free)
    }

    private var free: Int { Self.prefix + Limits.rawPack - pack.count - Self.recordHeader }

    private mutating func openRecord(_ id: UInt32, offset: UInt64, length: Int) {
        pack.appendVarint(id)
        pack.appendVarint(offset)
        pack.appendFixed32(UInt32(length))
        highestID = max(highestID, id)
        contentBytes += length
    }

    private mutating func open() {
        pack = spares.popLast() ?? []
        pack.removeAll(keepingCapacity: true)
        pack.reserveCapacity(Self.prefix + Limits.rawPack)
        pack.append(contentsOf: [0, 0, 0, 0, type.rawValue, 0, 0, 0, 0, 0])
        highestID = 0
        contentBytes = 0
    }

    private mutating func close() -> PackedFrame {
        let raw = pack.count - Self.prefix
        pack.setFixed32(UInt32(raw), at: [UInt8].frameHeaderSize + 1)
        let content = PackedFrame.Content.data(
            highestID: highestID,
            contentBytes: UInt64(contentBytes),
            cost: UInt64(raw)
        )
        var bytes = compressed(raw) ?? pack
        // A pack is at most 512 KiB and a frame may be 1 MiB, so the length always fits.
        bytes.setFixed32(UInt32(bytes.count - 4), at: 0)
        open()
        return PackedFrame(content: content, bytes: bytes)
    }

    /// The frame with its records compressed, if that saves enough.
    private mutating func compressed(_ raw: Int) -> [UInt8]? {
        guard raw >= Self.smallestToCompress, chooser.shouldTry() else { return nil }
        let limit = raw - raw / Limits.compressionGain
        guard var bytes = compressor.pack(pack, behind: Self.prefix, upTo: limit) else {
            chooser.failed()
            return nil
        }
        chooser.succeeded()
        bytes[[UInt8].frameHeaderSize] = DataPack.compressed
        return bytes
    }
}

/// Decides which packs are worth a try: after each failure in a row it waits twice as long.
struct CompressionChooser: Sendable {
    /// So that a stream that turns compressible is found within 16 MiB.
    private static let longestPause = 32

    private let enabled: Bool
    private var pause = 1
    private var left = 0

    init(enabled: Bool) {
        self.enabled = enabled
    }

    mutating func shouldTry() -> Bool {
        guard enabled else { return false }
        guard left > 0 else { return true }
        left -= 1
        return false
    }

    mutating func failed() {
        left = pause
        pause = min(2 * pause, Self.longestPause)
    }

    mutating func succeeded() {
        left = 0
        pause = 1
    }
}
