import CCrypto

/// A private key file's content, told apart but not yet opened.
struct PrivateKeyFile {
    enum Failure: Error, Hashable {
        /// It is encrypted and no passphrase was given.
        case passphraseNeeded
        case wrongPassphrase
        /// A cipher or key type that only the system's ssh can use.
        case unsupported(String)
        case malformed
    }

    private enum Content {
        case openSSH(OpenSSHPrivateKey)
        case pem
    }

    private let content: Content
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws(Failure) {
        self.bytes = bytes
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
            content = .openSSH(try OpenSSHPrivateKey(armoured: text))
        } else if text.contains("-----BEGIN ") {
            content = .pem
        } else {
            throw .malformed
        }
    }

    /// The public key where the file carries it in clear.
    var publicKey: PublicKeyBlob? {
        if case .openSSH(let key) = content { return key.publicKey }
        return nil
    }

    /// True when it cannot be opened without a passphrase.
    var isEncrypted: Bool {
        switch content {
        case .openSSH(let key): key.isEncrypted
        case .pem: String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
        }
    }

    /// The key, ready to sign.
    func open(passphrase: [UInt8]?) throws(Failure) -> SigningKey {
        if isEncrypted, passphrase == nil { throw .passphraseNeeded }
        switch content {
        case .openSSH(let key): return try key.open(passphrase: passphrase ?? [])
        case .pem: return try openPEM(passphrase ?? [])
        }
    }

    private func openPEM(_ passphrase: [UInt8]) throws(Failure) -> SigningKey {
        guard let memory = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else {
            throw .malformed
        }
        defer { BIO_free(memory) }
        // Without a callback OpenSSL takes the argument for a C string; it is never asked of a
        // terminal, because there always is one.
        let key = (passphrase + [0]).withUnsafeBytes {
            PEM_read_bio_PrivateKey(
                memory,
                nil,
                nil,
                UnsafeMutableRawPointer(mutating: $0.baseAddress)
            )
        }
        guard let key else {
            ERR_clear_error()
            throw isEncrypted ? .wrongPassphrase : .malformed
        }
        guard let signing = SigningKey(key, publicKey: nil) else {
            throw .unsupported("a key of this kind")
        }
        return signing
    }
}
