import TandemTree

/// How a pack lies on disk: blocks of compressed objects, then a footer that says what is where.
///
///     offset  size
///     0       8     magic "TDMPACK\n"
///     8             blocks, one after the other
///                   footer: version u32
///                           blocks u32, for each: packed length u32, raw length u32,
///                                                 compressed u8, SHA-256 of the packed bytes
///                           objects u32, for each: kind u8, id 32 B, block u32, offset u32,
///                                                  length u32
///     -48     8     bytes of the footer
///     -40     32    SHA-256 of the footer
///     -8      8     magic "TDMPEND\n"
///
/// Integers are little endian. A pack is named by its footer's SHA-256, so every byte of it is
/// covered: blocks by their checksums, checksums by the footer's, the footer's by the name.
enum PackFormat {
    static let magic = Array("TDMPACK\n".utf8)
    static let endMagic = Array("TDMPEND\n".utf8)
    static let version: UInt32 = 1
    static let tailSize = 8 + Digest.byteCount + 8
    /// Objects of one block are compressed together; small files gain a third by it.
    static let blockSize = 256 << 10
    /// Where a pack is closed: few enough files for a big tree, little to write anew for a prune.
    static let packSize = 16 << 20
    static let blockRecordSize = 4 + 4 + 1 + Digest.byteCount
    static let objectRecordSize = 1 + Digest.byteCount + 4 + 4 + 4
    /// A block holds at most what was there before its last object, and that object.
    static let longestBlock = 1 << 30
}

/// One block of a pack.
struct PackBlock: Hashable, Sendable {
    var offset: UInt64
    var packedLength: UInt32
    var rawLength: UInt32
    var isCompressed: Bool
    var checksum: Digest
}

/// One object of a pack.
struct PackedObject: Hashable, Sendable {
    var key: ObjectKey
    var block: UInt32
    var offset: UInt32
    var length: UInt32
}

/// What a pack holds.
struct PackContents: Sendable {
    var blocks: [PackBlock] = []
    var objects: [PackedObject] = []

    func encode() -> [UInt8] {
        var writer = FlatWriter()
        writer.put(PackFormat.version)
        writer.put(UInt32(blocks.count))
        for block in blocks {
            writer.put(block.packedLength)
            writer.put(block.rawLength)
            writer.put(block.isCompressed)
            writer.put(block.checksum)
        }
        writer.put(UInt32(objects.count))
        for object in objects {
            writer.put(object.key.kind.rawValue)
            writer.put(object.key.id)
            writer.put(object.block)
            writer.put(object.offset)
            writer.put(object.length)
        }
        return writer.bytes
    }

    /// Reads a footer; every object lies within its block.
    init(decoding bytes: [UInt8]) throws(FlatDamage) {
        var reader = FlatReader(bytes)
        guard try reader.u32() == PackFormat.version else { throw FlatDamage() }
        var offset = UInt64(PackFormat.magic.count)
        for _ in 0..<(try reader.count(ofSize: PackFormat.blockRecordSize)) {
            let block = PackBlock(
                offset: offset,
                packedLength: try reader.u32(),
                rawLength: try reader.u32(),
                isCompressed: try reader.flag(),
                checksum: try reader.digest()
            )
            guard block.rawLength <= PackFormat.longestBlock else { throw FlatDamage() }
            offset += UInt64(block.packedLength)
            blocks.append(block)
        }
        for _ in 0..<(try reader.count(ofSize: PackFormat.objectRecordSize)) {
            guard let kind = ObjectKind(rawValue: try reader.u8()) else { throw FlatDamage() }
            let object = PackedObject(
                key: ObjectKey(kind, try reader.digest()),
                block: try reader.u32(),
                offset: try reader.u32(),
                length: try reader.u32()
            )
            guard object.block < blocks.count,
                UInt64(object.offset) + UInt64(object.length)
                    <= UInt64(blocks[Int(object.block)].rawLength)
            else { throw FlatDamage() }
            objects.append(object)
        }
        guard reader.isAtEnd else { throw FlatDamage() }
    }

    init() {}

    /// The bytes that all blocks take.
    var packedBytes: UInt64 { blocks.reduce(0) { $0 &+ UInt64($1.packedLength) } }
}
