import CCrypto

/// A private key in memory that signs; OpenSSL wipes it when the last user is gone.
///
/// It has no description, and nothing gives the private part out.
final class SigningKey {
    let publicKey: PublicKeyBlob
    private let key: OpaquePointer

    /// Takes ownership of `key`, an EVP_PKEY; nil when it is of a kind SSH has no name for.
    init?(_ key: OpaquePointer, publicKey: PublicKeyBlob?) {
        guard let publicKey = publicKey ?? PublicKeyEncoder.encode(key) else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
        self.publicKey = publicKey
    }

    deinit { EVP_PKEY_free(key) }

    /// The signature as the algorithm encodes it, without its name; nil when OpenSSL refuses.
    func signature(of data: UnsafeRawBufferPointer, algorithm: String) -> [UInt8]? {
        let digest: OpaquePointer?
        switch algorithm {
        case "ssh-ed25519": digest = nil
        case "ecdsa-sha2-nistp384": digest = EVP_sha384()
        case "ecdsa-sha2-nistp521", "rsa-sha2-512": digest = EVP_sha512()
        default: digest = EVP_sha256()
        }
        guard let signature = sign(data, digest) else { return nil }
        return publicKey.family == .ecdsa ? Self.pair(fromDER: signature) : signature
    }

    private func sign(_ data: UnsafeRawBufferPointer, _ digest: OpaquePointer?) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        let source = data.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var length = 0
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, nil, &length, source, data.count) == 1
        else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, source, data.count) == 1 else {
            return nil
        }
        return Array(signature.prefix(length))
    }

    /// ECDSA's two numbers as SSH wants them (RFC 5656 section 3.1.2), out of OpenSSL's DER.
    private static func pair(fromDER der: [UInt8]) -> [UInt8]? {
        var reader = DERReader(der)
        guard var sequence = reader.sequence(), let r = sequence.integer(),
            let s = sequence.integer()
        else { return nil }
        var writer = WireWriter()
        writer.mpint(r)
        writer.mpint(s)
        return writer.bytes
    }
}
