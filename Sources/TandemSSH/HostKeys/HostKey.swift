import CCrypto

/// A public host key, as the server showed it or known_hosts has it.
package struct HostKey: Hashable, Sendable {
    /// Its type, such as `ssh-ed25519`.
    package let type: String
    /// The key in SSH's own encoding, which begins with the type.
    package let blob: [UInt8]

    /// A key from its encoding; nil when the encoding names no type.
    package init?(blob: [UInt8]) {
        var reader = WireReader(blob)
        guard let type = reader.text(), !type.isEmpty, !reader.isAtEnd else { return nil }
        self.type = type
        self.blob = blob
    }

    /// What `ssh-keygen -l` prints and people compare: `SHA256:` and base64 without padding.
    package var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        EVP_Digest(blob, blob.count, &digest, &length, EVP_sha256(), nil)
        return "SHA256:" + Base64.encode(digest.prefix(Int(length)), padded: false)
    }

    /// The type and key as a line of known_hosts has them.
    package var line: String { "\(type) \(Base64.encode(blob))" }
}
