import TandemFiles
import TandemSystem
import TandemTree

/// One pack on disk, open for reading.
final class PackFile: Sendable {
    private let file: HeldDescriptor
    private let fileSystem: any FileSystem
    private let size: UInt64
    let name: Digest

    /// Opens the pack of this name.
    init(_ name: Digest, in packs: Directory) throws(SystemError) {
        fileSystem = packs.fileSystem
        self.name = name
        file = try packs.openFile(Self.fileName(name))
        size = try fileSystem.status(of: file.raw).size
    }

    static func fileName(_ name: Digest) -> [UInt8] { Array(name.hex.utf8) }

    /// The name that a file of the packs' directory stands for; nil for anything else.
    static func name(_ file: [UInt8]) -> Digest? { Digest(hexadecimal: file) }

    /// Reads the footer, and with it what the pack holds.
    ///
    /// - Returns: nil when the bytes are not those of the pack with this name.
    /// - Throws: what reading met.
    func contents() throws(SystemError) -> PackContents? {
        guard size >= UInt64(PackFormat.magic.count + PackFormat.tailSize),
            try read(0, PackFormat.magic.count) == PackFormat.magic,
            let tail = try read(size - UInt64(PackFormat.tailSize), PackFormat.tailSize)
        else { return nil }
        var reader = FlatReader(tail)
        guard let length = try? reader.u64(), let seal = try? reader.digest(), seal == name,
            (try? reader.slice(PackFormat.endMagic.count))?.elementsEqual(PackFormat.endMagic)
                == true,
            length <= size - UInt64(PackFormat.magic.count + PackFormat.tailSize),
            let count = Int(exactly: length),
            let footer = try read(size - UInt64(PackFormat.tailSize) - length, count),
            ContentHasher.digest(of: footer) == name,
            let contents = try? PackContents(decoding: footer),
            UInt64(PackFormat.magic.count) + contents.packedBytes + length
                + UInt64(PackFormat.tailSize) == size
        else { return nil }
        return contents
    }

    /// A block as it lies in the pack; nil when it is not what was written.
    func packed(_ block: PackBlock) throws(SystemError) -> [UInt8]? {
        guard let packed = try read(block.offset, Int(block.packedLength)),
            ContentHasher.digest(of: packed) == block.checksum
        else { return nil }
        return packed
    }

    /// A block's objects, one after the other; nil when it is not what was written.
    func raw(_ block: PackBlock) throws(SystemError) -> [UInt8]? {
        guard let packed = try packed(block) else { return nil }
        guard block.isCompressed else {
            return packed.count == Int(block.rawLength) ? packed : nil
        }
        return BlockDecompression.unpack(packed, count: Int(block.rawLength))
    }

    private func read(_ offset: UInt64, _ count: Int) throws(SystemError) -> [UInt8]? {
        guard offset + UInt64(count) <= size else { return nil }
        return try fileSystem.readExactly(file.raw, at: offset, count: count)
    }
}

extension Digest {
    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    init?(hexadecimal text: [UInt8]) {
        guard text.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }
}
