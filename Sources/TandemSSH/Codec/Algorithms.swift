import CLibSSH2

/// The algorithms a session may negotiate: one fixed list, none that is open to Terrapin.
enum Algorithms {
    static let keyExchange = [
        "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
    ]
    static let hostKey = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    ]
    static let cipher = ["aes128-ctr", "aes256-ctr"]
    static let integrity = ["hmac-sha2-256", "hmac-sha2-512"]
    static let compression = ["none"]

    /// Host key types with those first that known_hosts has for the host, so that the server shows
    /// a key that can be checked.
    static func hostKeyOrder(known: [String]) -> [String] {
        hostKey.filter(known.contains) + hostKey.filter { !known.contains($0) }
    }

    /// Every method to set, with its values in order of preference.
    static func preferences(knownHostKeyTypes known: [String]) -> [(method: Int32, names: [String])]
    {
        var list: [(Int32, [String])] = [
            (LIBSSH2_METHOD_HOSTKEY, hostKeyOrder(known: known)),
            (LIBSSH2_METHOD_CRYPT_CS, cipher),
            (LIBSSH2_METHOD_CRYPT_SC, cipher),
            (LIBSSH2_METHOD_MAC_CS, integrity),
            (LIBSSH2_METHOD_MAC_SC, integrity),
            (LIBSSH2_METHOD_COMP_CS, compression),
            (LIBSSH2_METHOD_COMP_SC, compression),
        ]
        if SSHLibrary.acceptsKeyExchangePreference {
            list.append((LIBSSH2_METHOD_KEX, keyExchange))
        }
        return list
    }
}

/// What a session negotiated.
package struct NegotiatedAlgorithms: Hashable, Sendable {
    package var keyExchange: String
    package var hostKey: String
    package var cipherOut: String
    package var cipherIn: String
    package var integrityOut: String
    package var integrityIn: String
    package var compressionOut: String
    package var compressionIn: String

    package init(
        keyExchange: String,
        hostKey: String,
        cipherOut: String,
        cipherIn: String,
        integrityOut: String,
        integrityIn: String,
        compressionOut: String,
        compressionIn: String
    ) {
        self.keyExchange = keyExchange
        self.hostKey = hostKey
        self.cipherOut = cipherOut
        self.cipherIn = cipherIn
        self.integrityOut = integrityOut
        self.integrityIn = integrityIn
        self.compressionOut = compressionOut
        self.compressionIn = compressionIn
    }
}
