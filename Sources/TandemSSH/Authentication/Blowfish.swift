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
    mutating func encipher(_ left: inout UInt32, _ right: inout UInt32) {
        state.withUnsafeMutableBufferPointer { state in
            if let words = state.baseAddress { Self.encipher(words, &left, &right) }
        }
    }

    /// Two million of these stand between a passphrase and its key, so nothing here is checked:
    /// every index is a constant or one byte.
    private static func encipher(
        _ state: UnsafeMutablePointer<UInt32>,
        _ left: inout UInt32,
        _ right: inout UInt32
    ) {
        let first = state + subkeyCount
        let second = first + boxSize
        let third = second + boxSize
        let fourth = third + boxSize
        var (l, r) = (left ^ state[0], right)
        var index = 1
        while index < subkeyCount - 1 {
            var mixed = first[Int(l &>> 24)] &+ second[Int(l &>> 16 & 0xFF)]
            mixed = (mixed ^ third[Int(l &>> 8 & 0xFF)]) &+ fourth[Int(l & 0xFF)]
            r ^= mixed ^ state[index]
            mixed = first[Int(r &>> 24)] &+ second[Int(r &>> 16 & 0xFF)]
            mixed = (mixed ^ third[Int(r &>> 8 & 0xFF)]) &+ fourth[Int(r & 0xFF)]
            l ^= mixed ^ state[index + 1]
            index += 2
        }
        left = r ^ state[subkeyCount - 1]
        right = l
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
}
