package import TandemTree

/// Writes a batch's changes into as few frames as the limits allow.
package struct ChangesPacker: Sendable {
    /// The changes so far; their count stands before them, so the frame is made when it is full.
    private var body: [UInt8] = []
    private var paths = PathWriter()
    private var order = ChangeOrder()
    private var firstID: UInt32 = 0
    private var count: UInt32 = 0
    private var pathBytes = 0
    private var fileBytes: UInt64 = 0

    package init() {}

    /// The number the next change will have.
    package var nextID: UInt32 { firstID + count }

    /// Adds the next change in strict pre-order and gives the frame that became full before it.
    package mutating func add(_ change: Change) throws(ProtocolError) -> PackedFrame? {
        guard nextID < Limits.changesInBatch else { throw ProtocolError(.tooMany, "Changes") }
        try ChangeCodec.validate(change)
        try order.check(change)
        let cost = change.path.bytes.count + change.sourcePathLength
        let full = isFull(before: cost) ? take() : nil
        ChangeCodec.append(change, &paths, to: &body)
        count += 1
        pathBytes += cost
        fileBytes += change.fileBytes
        return full
    }

    /// The last frame, if anything waits.
    package mutating func finish() -> PackedFrame? {
        count > 0 ? take() : nil
    }

    /// Frames of a whole batch.
    package static func frames(_ changes: [Change]) throws(ProtocolError) -> [PackedFrame] {
        var packer = ChangesPacker()
        var frames: [PackedFrame] = []
        for change in changes {
            if let frame = try packer.add(change) { frames.append(frame) }
        }
        if let frame = packer.finish() { frames.append(frame) }
        return frames
    }

    private func isFull(before cost: Int) -> Bool {
        count > 0
            && (body.count >= Limits.packedFrame || count >= UInt32(Limits.itemsInFrame)
                || pathBytes + cost > Limits.pathBytesInFrame)
    }

    private mutating func take() -> PackedFrame {
        var bytes = [UInt8].frame(.changes)
        bytes.reserveCapacity(body.count + 16)
        bytes.appendVarint(firstID)
        bytes.appendVarint(count)
        bytes.append(contentsOf: body)
        bytes.setFixed32(UInt32(bytes.count - 4), at: 0)
        let content = PackedFrame.Content.changes(
            firstID: firstID,
            count: count,
            fileBytes: fileBytes
        )
        firstID += count
        count = 0
        pathBytes = 0
        fileBytes = 0
        body.removeAll(keepingCapacity: true)
        paths = PathWriter()
        return PackedFrame(content: content, bytes: bytes)
    }
}

extension Change {
    /// The size of the file this change leaves, which bounds the content it can need.
    var fileBytes: UInt64 {
        guard let new, new.kind == .file else { return 0 }
        return min(new.size, Limits.fileSize)
    }

    fileprivate var sourcePathLength: Int {
        switch source {
        case nil: 0
        case .move(let path), .copy(let path): path.bytes.count
        }
    }
}
