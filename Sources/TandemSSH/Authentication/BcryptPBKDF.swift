/// OpenSSH's way from a passphrase to a key.
enum BcryptPBKDF {
    static func derive(
        _ passphrase: [UInt8],
        salt: [UInt8],
        rounds: UInt32,
        count: Int
    ) -> [UInt8]? {
        nil
    }
}
