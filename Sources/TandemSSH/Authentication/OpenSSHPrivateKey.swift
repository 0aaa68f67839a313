import CCrypto

/// The format `ssh-keygen` writes (OpenSSH's PROTOCOL.key).
struct OpenSSHPrivateKey {
    private static let magic = Array("openssh-key-v1\0".utf8)

    private let cipherName: String
    private let derivation: [UInt8]
    private let derivationName: String
    private let secret: [UInt8]
    /// What follows the encrypted part: the tag of a cipher that has one.
    private let tag: [UInt8]
    let publicKey: PublicKeyBlob

    init(armoured text: String) throws(PrivateKeyFile.Failure) {
        let body = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let bytes = Base64.decode(body.joined()) else { throw .malformed }
        var reader = WireReader(bytes)
        guard reader.take(Self.magic.count) == Self.magic, let cipher = reader.text(),
            let derivationName = reader.text(), let derivation = reader.string(),
            reader.uint32() == 1, let publicBytes = reader.string(),
            let publicKey = PublicKeyBlob(publicBytes), let secret = reader.string()
        else { throw .malformed }
        cipherName = cipher
        self.derivationName = derivationName
        self.derivation = derivation
        self.publicKey = publicKey
        self.secret = secret
        tag = reader.remaining
    }

    var isEncrypted: Bool { cipherName != "none" }

    func open(passphrase: [UInt8]) throws(PrivateKeyFile.Failure) -> SigningKey {
        guard publicKey.family != .unsupported else { throw .unsupported(publicKey.type) }
        var reader = WireReader(try clear(passphrase))
        // Two equal numbers tell a right passphrase from a wrong one.
        guard let check = reader.uint32(), check == reader.uint32() else {
            throw isEncrypted ? .wrongPassphrase : .malformed
        }
        guard reader.text() == publicKey.type, let key = Self.key(publicKey.family, &reader),
            let signing = SigningKey(key, publicKey: publicKey)
        else { throw .malformed }
        return signing
    }

    private func clear(_ passphrase: [UInt8]) throws(PrivateKeyFile.Failure) -> [UInt8] {
        guard isEncrypted else { return secret }
        guard let cipher = KeyFileCipher(rawValue: cipherName) else {
            throw .unsupported("a key encrypted with \(cipherName)")
        }
        var reader = WireReader(derivation)
        guard derivationName == "bcrypt", let salt = reader.string(),
            let rounds = reader.uint32(), rounds > 0
        else { throw .unsupported("the key derivation \(derivationName)") }
        guard
            let material = BcryptPBKDF.derive(
                passphrase,
                salt: salt,
                rounds: rounds,
                count: cipher.keySize + cipher.vectorSize
            )
        else { throw .malformed }
        guard let clear = cipher.decrypt(secret, material, tag: tag) else {
            throw .wrongPassphrase
        }
        return clear
    }

    private static func key(
        _ family: PublicKeyBlob.Family,
        _ reader: inout WireReader
    ) -> OpaquePointer? {
        switch family {
        case .ed25519: ed25519(&reader)
        case .ecdsa: ecdsa(&reader)
        case .rsa: rsa(&reader)
        case .unsupported: nil
        }
    }

    private static func ed25519(_ reader: inout WireReader) -> OpaquePointer? {
        // The seed, and the public half once more.
        guard reader.string()?.count == 32, let pair = reader.string(), pair.count == 64 else {
            return nil
        }
        return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, pair, 32)
    }

    /// By way of RFC 5915's ECPrivateKey.
    private static func ecdsa(_ reader: inout WireReader) -> OpaquePointer? {
        guard let curve = reader.text().flatMap(Curve.init), let point = reader.string(),
            let scalar = reader.mpint(), scalar.count <= curve.scalarSize
        else { return nil }
        let padding = [UInt8](repeating: 0, count: curve.scalarSize - scalar.count)
        let der = DER.sequence(
            DER.integer([1]),
            DER.octets(padding + scalar),
            DER.explicit(0, DER.identifier(curve.identifier)),
            DER.explicit(1, DER.bits(point))
        )
        return key(EVP_PKEY_EC, der)
    }

    /// By way of RFC 8017's RSAPrivateKey.
    private static func rsa(_ reader: inout WireReader) -> OpaquePointer? {
        guard let n = reader.mpint(), let e = reader.mpint(), let d = reader.mpint(),
            let coefficient = reader.mpint(), let p = reader.mpint(), let q = reader.mpint(),
            let dp = BigNumber.remainder(d, moduloOneLessThan: p),
            let dq = BigNumber.remainder(d, moduloOneLessThan: q)
        else { return nil }
        let numbers = [[], n, e, d, p, q, dp, dq, coefficient].map { DER.integer($0) }
        return key(EVP_PKEY_RSA, DER.sequence(numbers.flatMap(\.self)))
    }

    private static func key(_ kind: Int32, _ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer {
            var next = $0.baseAddress
            let key = d2i_PrivateKey(kind, nil, &next, $0.count)
            if key == nil { ERR_clear_error() }
            return key
        }
    }
}
