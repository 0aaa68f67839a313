/// A SHA-256 value, kept as four words so that comparing and hashing cost nothing.
public struct Digest: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The bytes of a digest (FIPS 180-4: 256 bits).
    public static let byteCount = 32

    /// What stands where there is no content: a directory not hashed yet, an `other` entry.
    public static let zero = Digest(0, 0, 0, 0)

    // Big-endian words, so that comparing words is comparing bytes.
    let w0, w1, w2, w3: UInt64

    init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// Takes exactly 32 bytes; anything else is nil.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var position = 0
        for byte in bytes {
            switch position / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
            position += 1
        }
        self.init(words.0, words.1, words.2, words.3)
    }

    /// Reads 32 bytes at `offset`, which the caller has checked to be there.
    init(loading source: UnsafeRawBufferPointer, at offset: Int) {
        unsafe self.init(
            UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
            UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)),
            UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
        )
    }

    /// Writes 32 bytes at `offset`, where the caller has made room.
    func store(into target: UnsafeMutableRawBufferPointer, at offset: Int) {
        unsafe target.storeBytes(of: w0.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe target.storeBytes(of: w1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        unsafe target.storeBytes(of: w2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        unsafe target.storeBytes(of: w3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }

    /// Appends the 32 bytes.
    public func append(to output: inout [UInt8]) {
        for word in [w0, w1, w2, w3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Self.byteCount)
        append(to: &output)
        return output
    }

    /// The 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether this is the digest of nothing known.
    public var isZero: Bool { self == .zero }

    /// One word is enough: the digest is uniform already.
    public func hash(into hasher: inout Hasher) { hasher.combine(w0) }

    /// The order of the bytes.
    public static func < (left: Digest, right: Digest) -> Bool {
        (left.w0, left.w1, left.w2, left.w3) < (right.w0, right.w1, right.w2, right.w3)
    }
}

extension Digest: CustomStringConvertible {
    /// The hexadecimal digits.
    public var description: String { hex }
}
