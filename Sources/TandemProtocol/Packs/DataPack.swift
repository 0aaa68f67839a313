/// One piece of a file's content inside a pack.
package struct DataRecord: Hashable, Sendable {
    /// The number of the change whose content this is.
    package var id: UInt32
    /// Where the piece stands in the file.
    package var offset: UInt64
    /// Where the piece stands in the pack's `bytes`.
    package var range: Range<Int>

    package init(id: UInt32, offset: UInt64, range: Range<Int>) {
        self.id = id
        self.offset = offset
        self.range = range
    }
}

/// Pieces of content that travel in one frame, unpacked but not copied apart.
///
///     u8            flags: +1 the records are one zstd frame
///     u32 LE        length of the records once unpacked, at most 524,288
///     records       varint change number, varint offset, u32 LE length (not 0), bytes
package struct DataPack: Hashable, Sendable {
    /// Holds the records' content at their ranges, and the record headers between.
    package let bytes: [UInt8]
    package let records: [DataRecord]
    /// What the pack costs of the credit: its unpacked length, record headers included.
    package let cost: Int
    /// The sum of the records' lengths.
    package let contentBytes: Int

    static let headerSize = 5
    static let compressed: UInt8 = 1

    /// Calls `body` with the content of one record.
    package func withContent<Result, Failure: Error>(
        of record: DataRecord,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withUnsafeBufferPointer { all throws(Failure) in
            try unsafe body(
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[record.range]))
            )
        }
    }

    /// Writes the pack as it stands, uncompressed; bulk content goes through `DataPacker`.
    func append(to frame: inout [UInt8]) {
        frame.append(0)
        frame.appendFixed32(UInt32(cost))
        frame.append(contentsOf: bytes[(bytes.count - cost)...])
    }

    init(decoding payload: [UInt8]) throws(ProtocolError) {
        var reader = ByteReader(payload)
        let flags = try reader.byte("Data.flags")
        guard flags & ~Self.compressed == 0 else { throw ProtocolError(.badValue, "Data.flags") }
        guard let raw = Int(exactly: try reader.fixed32("Data.rawLength")), raw > 0,
            raw <= Limits.rawPack
        else { throw ProtocolError(.outOfRange, "Data.rawLength") }
        if flags == 0 {
            guard reader.remaining == raw else { throw ProtocolError(.truncated, "Data.records") }
            bytes = payload
        } else {
            bytes = try Zstd.unpack(payload, from: reader.position, rawLength: raw)
        }
        cost = raw
        (records, contentBytes) = try Self.readRecords(bytes, from: bytes.count - raw)
    }

    private static func readRecords(
        _ bytes: [UInt8],
        from start: Int
    ) throws(ProtocolError) -> ([DataRecord], Int) {
        var reader = ByteReader(bytes, start..<bytes.count)
        var records: [DataRecord] = []
        var total = 0
        while reader.remaining > 0 {
            let id = try reader.number("Data.id", atMost: Limits.changesInBatch)
            let offset = try reader.number("Data.offset", atMost: Limits.fileSize)
            let length = try reader.fixed32("Data.length")
            guard length > 0, UInt64(length) <= Limits.fileSize - offset else {
                throw ProtocolError(.outOfRange, "Data.length")
            }
            let range = try reader.range(Int(length), "Data.bytes")
            records.append(DataRecord(id: id, offset: offset, range: range))
            total += range.count
        }
        return (records, total)
    }
}
