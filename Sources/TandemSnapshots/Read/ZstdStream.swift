import CZstd

/// Compresses a stream of any length into one zstd frame with a checksum.
@safe
package struct ZstdStream: ~Copyable {
    private static let level: Int32 = 3

    private let context: OpaquePointer?

    package init() {
        unsafe context = ZSTD_createCCtx()
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    /// Compresses more bytes; what comes out may belong to earlier ones.
    ///
    /// - Returns: nil when the library fails, which it does only without memory.
    package func add(_ bytes: [UInt8]) -> [UInt8]? { run(bytes, ZSTD_e_continue) }

    /// Ends the frame.
    package func finish() -> [UInt8]? { run([], ZSTD_e_end) }

    private func run(_ bytes: [UInt8], _ directive: ZSTD_EndDirective) -> [UInt8]? {
        guard unsafe context != nil else { return nil }
        var output: [UInt8] = []
        let room = ZSTD_CStreamOutSize()
        var position = 0
        while true {
            var left = 0
            var isBad = false
            output += unsafe [UInt8](unsafeUninitializedCapacity: room) { target, count in
                unsafe bytes.withUnsafeBytes { source in
                    var input = unsafe ZSTD_inBuffer(
                        src: source.baseAddress,
                        size: source.count,
                        pos: position
                    )
                    var out = unsafe ZSTD_outBuffer(
                        dst: target.baseAddress,
                        size: room,
                        pos: 0
                    )
                    left = unsafe ZSTD_compressStream2(context, &out, &input, directive)
                    isBad = ZSTD_isError(left) != 0
                    position = unsafe input.pos
                    count = unsafe out.pos
                }
            }
            if isBad { return nil }
            let isDone = directive == ZSTD_e_end ? left == 0 : position == bytes.count
            if isDone { return output }
        }
    }
}
