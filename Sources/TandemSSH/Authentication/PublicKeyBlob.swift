/// A public user key in SSH's own encoding.
struct PublicKeyBlob: Hashable, Sendable {
    let type: String
    let bytes: [UInt8]

    init?(_ bytes: [UInt8]) {
        var reader = WireReader(bytes)
        guard let type = reader.text(), !reader.isAtEnd else { return nil }
        self.type = type
        self.bytes = bytes
    }

    /// Reads a `.pub` file: type, base64, comment.
    init?(line: String) {
        let fields = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard fields.count >= 2, let bytes = Base64.decode(fields[1]) else { return nil }
        self.init(bytes)
        guard type == fields[0] else { return nil }
    }

    enum Family: Hashable {
        case ed25519
        case ecdsa
        case rsa
        /// A certificate, a security key, or a type of the past: only the system's ssh can use it.
        case unsupported
    }

    var family: Family {
        switch type {
        case "ssh-ed25519": .ed25519
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": .ecdsa
        case "ssh-rsa": .rsa
        default: .unsupported
        }
    }

    /// The signature algorithms to offer the key with, best first.
    ///
    /// libssh2 takes the algorithm's name from the blob's first field. For RSA that would be
    /// SHA-1, which no server takes; so the blob is sent with the wanted algorithm as its name,
    /// which OpenSSH reads as the same key (TRANSPORT.md 5).
    var signatureAlgorithms: [String] {
        family == .rsa ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]
    }

    /// The encoding with another name in front.
    func named(_ algorithm: String) -> [UInt8] {
        var writer = WireWriter()
        writer.string(algorithm)
        return writer.bytes + bytes.dropFirst(4 + type.utf8.count)
    }
}
