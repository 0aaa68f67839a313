import CCrypto

/// OpenSSH's way from a passphrase to a key: PBKDF2 with bcrypt as its function (bcrypt_pbkdf(3)).
enum BcryptPBKDF {
    private static let magic = Array("OxychromaticBlowfishSwatDynamite".utf8)
    private static let blockSize = 32
    /// A file that asks for more would hold the connection up for minutes; ssh-keygen's default is
    /// 16 and the man page's example 100.
    private static let maximumRounds: UInt32 = 4096

    /// Derives `count` bytes; nil when the rounds are none or too many.
    static func derive(
        _ passphrase: [UInt8],
        salt: [UInt8],
        rounds: UInt32,
        count: Int
    ) -> [UInt8]? {
        guard (1...maximumRounds).contains(rounds), !salt.isEmpty else { return nil }
        let password = sha512(passphrase)
        let blocks = (count + blockSize - 1) / blockSize
        var key = [UInt8](repeating: 0, count: count)
        for block in 0..<blocks {
            let number = UInt32(block + 1)
            let counter = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
            var part = hash(password, sha512(salt + counter))
            var sum = part
            for _ in 1..<rounds {
                part = hash(password, sha512(part))
                for index in sum.indices { sum[index] ^= part[index] }
            }
            // The blocks' bytes are dealt out in turn, so that no block alone is a key.
            for (index, byte) in sum.enumerated() where index * blocks + block < count {
                key[index * blocks + block] = byte
            }
        }
        return key
    }

    private static func hash(_ password: [UInt8], _ salt: [UInt8]) -> [UInt8] {
        var cipher = Blowfish()
        cipher.expand(key: password, salt: salt)
        for _ in 0..<64 {
            cipher.expand(key: salt)
            cipher.expand(key: password)
        }
        var position = 0
        var words = (0..<8).map { _ in Blowfish.word(of: magic, at: &position) }
        for index in stride(from: 0, to: words.count, by: 2) {
            var (left, right) = (words[index], words[index + 1])
            for _ in 0..<64 { cipher.encipher(&left, &right) }
            words[index] = left
            words[index + 1] = right
        }
        return words.flatMap { word in
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    private static func sha512(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 64)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha512(), nil)
        return digest
    }
}
