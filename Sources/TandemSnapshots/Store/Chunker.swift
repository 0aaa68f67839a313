/// Where content is cut into chunks: FastCDC, so that an edit moves only the cuts around it.
///
/// A gear hash runs over the bytes; a chunk ends where its top bits are zero. Up to the wished size
/// more bits have to be zero than after it, which draws the sizes together (Xia et al., "FastCDC",
/// USENIX ATC 2016, section 3.3). Whatever was cut before, a cut depends on the chunk alone.
package struct Chunker: Sendable {
    /// Nothing shorter is cut, so most files of a source tree are one chunk.
    package static let minimum = 16 << 10
    /// What the sizes gather around: a short edit of a big file costs about this much.
    package static let wished = 64 << 10
    /// The longest chunk, and what a reader has to hold of a file at once.
    package static let maximum = 256 << 10

    /// log2(wished) bits, two more before it and two fewer after it ("normalised chunking", level 2).
    private static let strictMask = mask(bits: 18)
    private static let looseMask = mask(bits: 14)

    private let gear: [UInt64]

    package init() { gear = Self.table }

    /// The length of the first chunk of `bytes[start...]`.
    ///
    /// - Parameters:
    ///   - bytes: `maximum` bytes from `start` on, or all that is left of the content.
    ///   - start: where the chunk begins.
    ///   - end: where the content, or what is known of it, ends.
    /// - Returns: its length, 0 only where nothing is left.
    package func cut(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
        let length = min(end - start, Self.maximum)
        guard length > Self.minimum else { return max(length, 0) }
        let span = bytes.span
        let gear = gear.span
        let middle = start + min(Self.wished, length)
        let last = start + length
        var hash: UInt64 = 0
        var position = start + Self.minimum
        while position < middle {
            hash = (hash << 1) &+ gear[Int(span[position])]
            position += 1
            if hash & Self.strictMask == 0 { return position - start }
        }
        while position < last {
            hash = (hash << 1) &+ gear[Int(span[position])]
            position += 1
            if hash & Self.looseMask == 0 { return position - start }
        }
        return length
    }

    /// The top bits, which the last 64 bytes have all had their say in.
    private static func mask(bits: Int) -> UInt64 { ~0 << UInt64(64 - bits) }

    /// 256 numbers of SplitMix64, from a seed that belongs to the format: another one would cut
    /// elsewhere and store everything anew.
    private static let table: [UInt64] = {
        var state: UInt64 = 0x7461_6E64_656D_3031
        return (0..<256).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }()
}
