/// How a tree lies on disk: a header, then one column after the other, rows in breadth-first order.
///
/// Breadth first, the children of one directory follow each other, and those of an earlier
/// directory come first. So the counts of children alone say who is whose parent.
///
///     offset  size
///     0       8     magic "TDMTREE\n"
///     8       4     version, 1
///     12      4     rows, the root counted
///     16      8     bytes of all names
///     24      32    SHA-256 of everything else
///     56            columns: kind and flags u8, children u32, size u64, digest 32 B,
///                   stamp 3 x u64, name length u16; then the names
///
/// Integers are little endian.
enum TreeEncoding {
    static let magic: [UInt8] = Array("TDMTREE\n".utf8)
    static let version: UInt32 = 1
    static let checksumOffset = 24
    static let headerSize = 56
    static let rowSize = 1 + 4 + 8 + Digest.byteCount + 24 + 2

    static let kindMask: UInt8 = 0x0F
    static let executableBit: UInt8 = 0x10
    static let dirtyBit: UInt8 = 0x20

    /// Where each column begins.
    struct Layout {
        let kinds = headerSize
        let childCounts, sizes, digests, stamps, nameLengths, names, end: Int

        init?(rows: Int, nameBytes: Int) {
            childCounts = kinds + rows
            sizes = childCounts + rows * 4
            digests = sizes + rows * 8
            stamps = digests + rows * Digest.byteCount
            nameLengths = stamps + rows * 24
            names = nameLengths + rows * 2
            let (end, overflow) = names.addingReportingOverflow(nameBytes)
            guard !overflow else { return nil }
            self.end = end
        }
    }

    /// SHA-256 of all but the checksum itself.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = ContentHasher()
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: bytes[headerSize...]))
        return hasher.finish()
    }
}
