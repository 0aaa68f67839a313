import TandemTree

/// Gathers objects into the bytes of a pack.
struct PackBuilder: ~Copyable {
    private var bytes = PackFormat.magic
    private var contents = PackContents()
    private var block: [UInt8] = []
    private let compressor = BlockCompressor()

    init() {}

    var isEmpty: Bool { contents.objects.isEmpty }

    /// Whether the pack has its size and shall be written.
    var isFull: Bool { bytes.count >= PackFormat.packSize }

    /// Adds an object.
    mutating func add(_ key: ObjectKey, _ content: ArraySlice<UInt8>) {
        contents.objects.append(
            PackedObject(
                key: key,
                block: UInt32(contents.blocks.count),
                offset: UInt32(block.count),
                length: UInt32(content.count)
            )
        )
        block.append(contentsOf: content)
        if block.count >= PackFormat.blockSize { closeBlock() }
    }

    /// Adds a whole block of another pack as it is, with the objects in it.
    mutating func add(_ packed: [UInt8], as block: PackBlock, holding objects: [PackedObject]) {
        closeBlock()
        let number = UInt32(contents.blocks.count)
        for var object in objects {
            object.block = number
            contents.objects.append(object)
        }
        var block = block
        block.offset = UInt64(bytes.count)
        contents.blocks.append(block)
        bytes.append(contentsOf: packed)
    }

    private mutating func closeBlock() {
        guard !block.isEmpty || hasObjectsInOpenBlock else { return }
        let compressed = compressor.compress(block)
        let packed = compressed ?? block
        contents.blocks.append(
            PackBlock(
                offset: UInt64(bytes.count),
                packedLength: UInt32(packed.count),
                rawLength: UInt32(block.count),
                isCompressed: compressed != nil,
                checksum: ContentHasher.digest(of: packed)
            )
        )
        bytes.append(contentsOf: packed)
        block.removeAll(keepingCapacity: true)
    }

    /// Empty objects take no bytes and still need their block.
    private var hasObjectsInOpenBlock: Bool {
        contents.objects.last.map { Int($0.block) == contents.blocks.count } ?? false
    }

    /// Ends the pack, and begins an empty one.
    mutating func finish() -> FinishedPack {
        closeBlock()
        let footer = contents.encode()
        let name = ContentHasher.digest(of: footer)
        var tail = FlatWriter()
        tail.put(UInt64(footer.count))
        tail.put(name)
        tail.put(raw: PackFormat.endMagic)
        let finished = FinishedPack(
            name: name,
            parts: [bytes, footer, tail.bytes],
            contents: contents
        )
        bytes = PackFormat.magic
        contents = PackContents()
        return finished
    }
}

/// A pack that is ready to be written.
struct FinishedPack: Sendable {
    var name: Digest
    var parts: [[UInt8]]
    var contents: PackContents

    var size: UInt64 { parts.reduce(0) { $0 &+ UInt64($1.count) } }
}
