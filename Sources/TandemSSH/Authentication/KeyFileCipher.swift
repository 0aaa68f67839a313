import CCrypto

/// The ciphers of encrypted key files that OpenSSL has in one piece.
enum KeyFileCipher: String {
    case aes256ctr = "aes256-ctr"
    case aes128ctr = "aes128-ctr"
    case aes192ctr = "aes192-ctr"
    case aes256cbc = "aes256-cbc"
    case aes128cbc = "aes128-cbc"

    var keySize: Int {
        switch self {
        case .aes128ctr, .aes128cbc: 16
        case .aes192ctr: 24
        case .aes256ctr, .aes256cbc: 32
        }
    }

    var vectorSize: Int { 16 }

    private var algorithm: OpaquePointer? {
        switch self {
        case .aes256ctr: EVP_aes_256_ctr()
        case .aes128ctr: EVP_aes_128_ctr()
        case .aes192ctr: EVP_aes_192_ctr()
        case .aes256cbc: EVP_aes_256_cbc()
        case .aes128cbc: EVP_aes_128_cbc()
        }
    }

    /// Decrypts the private part.
    ///
    /// - Parameters:
    ///   - bytes: the encrypted part.
    ///   - material: the key and behind it the initial vector.
    ///   - tag: must be empty, for none of these ciphers has one.
    /// - Returns: the clear bytes; nil when the sizes do not fit.
    func decrypt(_ bytes: [UInt8], _ material: [UInt8], tag: [UInt8]) -> [UInt8]? {
        guard tag.isEmpty, bytes.count % 16 == 0, material.count == keySize + vectorSize,
            let context = EVP_CIPHER_CTX_new()
        else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let vector = Array(material[keySize...])
        var clear = [UInt8](repeating: 0, count: bytes.count + 16)
        var count: Int32 = 0
        guard EVP_DecryptInit_ex(context, algorithm, nil, material, vector) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_DecryptUpdate(context, &clear, &count, bytes, Int32(clamping: bytes.count)) == 1
        else { return nil }
        return Array(clear.prefix(Int(count)))
    }
}
