import Glibc
import TandemFiles
import TandemSystem

/// Reading, writing and listing through descriptors.
extension SimulatedMachine {
    func read(
        _ open: OpenFile,
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        let node = try node(open.node)
        guard !node.isDirectory else { throw failure(EISDIR) }
        guard offset < node.content.count else { return 0 }
        let piece = node.content[offset...].prefix(buffer.count)
        buffer.copyBytes(from: piece)
        return piece.count
    }

    mutating func write(
        _ open: OpenFile,
        at offset: Int,
        _ bytes: UnsafeRawBufferPointer
    ) throws(SystemError) -> Int {
        guard open.isWritable else { throw failure(EBADF) }
        let end = offset + bytes.count
        var content = try node(open.node).content
        let growth = max(0, end - content.count)
        let room = settings.capacity - min(image.usedBytes, settings.capacity)
        let lacking = growth - Int(clamping: min(UInt64(growth), room))
        let taken = bytes.count - lacking
        guard taken > 0 || bytes.isEmpty else { throw failure(ENOSPC) }
        let newEnd = offset + taken
        if newEnd > content.count {
            content += [UInt8](repeating: 0, count: newEnd - content.count)
        }
        content.replaceSubrange(offset..<newEnd, with: bytes.prefix(taken))
        try store(content, in: open.node)
        return taken
    }

    mutating func truncate(_ open: OpenFile, to length: Int) throws(SystemError) {
        guard open.isWritable else { throw failure(EINVAL) }
        var content = try node(open.node).content
        if length < content.count {
            content.removeLast(content.count - length)
        } else {
            content += [UInt8](repeating: 0, count: length - content.count)
        }
        try store(content, in: open.node)
    }

    private mutating func store(_ content: [UInt8], in number: UInt64) throws(SystemError) {
        let now = now()
        image.nodes[number]?.content = content
        image.nodes[number]?.modified = now
        image.nodes[number]?.changed = now
    }

    /// Writes `linux_dirent64` records (man 2 getdents), names in the order of their bytes.
    mutating func list(
        _ descriptor: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        let (number, open) = try file(descriptor)
        let node = try node(open.node)
        guard node.isDirectory else { throw failure(ENOTDIR) }
        let dots = [Array(".".utf8), Array("..".utf8)]
        let all = dots + node.entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
        var rest = open.listing ?? all[...]
        var position = 0
        while let name = rest.first {
            let length = (Self.nameOffset + name.count + 1 + 7) / 8 * 8
            guard position + length <= buffer.count else { break }
            let record = UnsafeMutableRawBufferPointer(
                rebasing: buffer[position..<(position + length)]
            )
            for index in record.indices { record[index] = 0 }
            record.storeBytes(of: UInt16(length), toByteOffset: Self.lengthOffset, as: UInt16.self)
            for (index, byte) in name.enumerated() { record[Self.nameOffset + index] = byte }
            position += length
            rest = rest.dropFirst()
        }
        if position == 0 && !rest.isEmpty { throw failure(EINVAL) }
        files[number]?.listing = rest
        return position
    }

    private static let lengthOffset = 16
    private static let nameOffset = 19
}
