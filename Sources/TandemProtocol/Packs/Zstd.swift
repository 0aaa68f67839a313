import CZstd

/// zstd, one frame at a time.
enum Zstd {
    /// Unpacks one zstd frame that must give exactly `rawLength` bytes.
    ///
    /// The output's size is the caller's limit, so a bomb ends at it.
    static func unpack(
        _ packed: [UInt8],
        from start: Int,
        rawLength: Int
    ) throws(ProtocolError) -> [UInt8] {
        guard start < packed.count else { throw ProtocolError(.truncated, "Data.records") }
        var written = 0
        let raw = unsafe [UInt8](unsafeUninitializedCapacity: rawLength) { output, count in
            let result = unsafe packed.withUnsafeBytes { input in
                let source = unsafe UnsafeRawBufferPointer(rebasing: input[start...])
                return unsafe ZSTD_decompress(
                    output.baseAddress,
                    rawLength,
                    source.baseAddress,
                    source.count
                )
            }
            written = ZSTD_isError(result) == 0 ? result : 0
            count = written
        }
        guard written == rawLength else { throw ProtocolError(.badCompression, "Data.records") }
        return raw
    }
}

/// A zstd compressor whose memory is used again for every pack.
@safe struct ZstdCompressor: ~Copyable {
    /// Fastest level: the link, not the ratio, is what a pack waits for.
    private static let level: Int32 = 1

    private let context: OpaquePointer?

    init() {
        unsafe context = ZSTD_createCCtx()
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)
    }

    /// Compresses `raw[header...]` behind a copy of `raw[..<header]`; nil if that takes more than
    /// `limit` bytes.
    func pack(_ raw: [UInt8], behind header: Int, upTo limit: Int) -> [UInt8]? {
        guard let context = unsafe context else { return nil }
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: header + limit) { room, count in
            let target = UnsafeMutableRawBufferPointer(room)
            let result = unsafe raw.withUnsafeBytes { input in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<header]))
                let source = unsafe UnsafeRawBufferPointer(rebasing: input[header...])
                return unsafe ZSTD_compressCCtx(
                    context,
                    target.baseAddress?.advanced(by: header),
                    limit,
                    source.baseAddress,
                    source.count,
                    Self.level
                )
            }
            count = ZSTD_isError(result) == 0 ? header + result : 0
        }
        return packed.isEmpty ? nil : packed
    }
}
