/// Blowfish with bcrypt's slow key schedule (Provos and Mazieres, 1999); OpenSSL has no such one.
struct Blowfish {
    private static let subkeyCount = 18
    private static let boxSize = 256

    /// The 18 subkeys and, behind them, the four boxes.
    private var state = PiDigits.words

    /// Mixes `key` in, and `salt` between the words where one is given.
    mutating func expand(key: [UInt8], salt: [UInt8]? = nil) {
        var keyPosition = 0
        for index in 0..<Self.subkeyCount {
            state[index] ^= Self.word(of: key, at: &keyPosition)
        }
        var saltPosition = 0
        var (left, right): (UInt32, UInt32) = (0, 0)
        for index in stride(from: 0, to: state.count, by: 2) {
            if let salt {
                left ^= Self.word(of: salt, at: &saltPosition)
                right ^= Self.word(of: salt, at: &saltPosition)
            }
            encipher(&left, &right)
            state[index] = left
            state[index + 1] = right
        }
    }

    /// Encrypts one block.
    func encipher(_ left: inout UInt32, _ right: inout UInt32) {
        state.withUnsafeBufferPointer { state in
            var (l, r) = (left ^ state[0], right)
            for index in stride(from: 1, to: Self.subkeyCount - 1, by: 2) {
                r ^= Self.mix(l, state) ^ state[index]
                l ^= Self.mix(r, state) ^ state[index + 1]
            }
            left = r ^ state[Self.subkeyCount - 1]
            right = l
        }
    }

    /// The next four bytes of a text that goes round, as one number.
    static func word(of bytes: [UInt8], at position: inout Int) -> UInt32 {
        var word: UInt32 = 0
        for _ in 0..<4 {
            word = word << 8 | UInt32(bytes[position % bytes.count])
            position = (position + 1) % bytes.count
        }
        return word
    }

    private static func mix(_ x: UInt32, _ state: UnsafeBufferPointer<UInt32>) -> UInt32 {
        func box(_ number: Int, _ shift: UInt32) -> UInt32 {
            state[subkeyCount + number * boxSize + Int(x >> shift & 0xFF)]
        }
        return ((box(0, 24) &+ box(1, 16)) ^ box(2, 8)) &+ box(3, 0)
    }
}
