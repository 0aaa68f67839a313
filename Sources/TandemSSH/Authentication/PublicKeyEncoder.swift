import CCrypto

/// SSH's encoding of an OpenSSL key's public half, for key files that do not carry it.
enum PublicKeyEncoder {
    static func encode(_ key: OpaquePointer) -> PublicKeyBlob? {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: ed25519(key)
        case EVP_PKEY_EC: ecdsa(key)
        case EVP_PKEY_RSA: rsa(key)
        default: nil
        }
    }

    private static func ed25519(_ key: OpaquePointer) -> PublicKeyBlob? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 else { return nil }
        var writer = WireWriter()
        writer.string("ssh-ed25519")
        writer.string(bytes.prefix(length))
        return PublicKeyBlob(writer.bytes)
    }

    private static func ecdsa(_ key: OpaquePointer) -> PublicKeyBlob? {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
        let group = String(
            decoding: name.prefix(length).map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        guard let curve = Curve.allCases.first(where: { $0.openSSLName == group }) else {
            return nil
        }
        var point = [UInt8](repeating: 0, count: 256)
        guard EVP_PKEY_get_octet_string_param(key, "pub", &point, point.count, &length) == 1 else {
            return nil
        }
        var writer = WireWriter()
        writer.string("ecdsa-sha2-\(curve.rawValue)")
        writer.string(curve.rawValue)
        writer.string(point.prefix(length))
        return PublicKeyBlob(writer.bytes)
    }

    private static func rsa(_ key: OpaquePointer) -> PublicKeyBlob? {
        guard let n = number("n", of: key), let e = number("e", of: key) else { return nil }
        var writer = WireWriter()
        writer.string("ssh-rsa")
        writer.mpint(e)
        writer.mpint(n)
        return PublicKeyBlob(writer.bytes)
    }

    private static func number(_ name: String, of key: OpaquePointer) -> [UInt8]? {
        var value: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, name, &value) == 1, let value else { return nil }
        defer { BN_free(value) }
        return BigNumber.bytes(of: value)
    }
}

/// The elliptic curves SSH has names for (RFC 5656 section 10.1).
enum Curve: String, CaseIterable {
    case nistp256
    case nistp384
    case nistp521

    var openSSLName: String {
        switch self {
        case .nistp256: "prime256v1"
        case .nistp384: "secp384r1"
        case .nistp521: "secp521r1"
        }
    }

    /// The object identifier's DER content.
    var identifier: [UInt8] {
        switch self {
        case .nistp256: [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        case .nistp384: [0x2B, 0x81, 0x04, 0x00, 0x22]
        case .nistp521: [0x2B, 0x81, 0x04, 0x00, 0x23]
        }
    }

    /// Bytes of a private number.
    var scalarSize: Int {
        switch self {
        case .nistp256: 32
        case .nistp384: 48
        case .nistp521: 66
        }
    }
}

/// OpenSSL's numbers from and to bytes.
enum BigNumber {
    static func bytes(of number: OpaquePointer) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(number)) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return bytes
    }

    /// `value` modulo (`prime` - 1), which RSA's private format carries and OpenSSH's does not.
    static func remainder(_ value: [UInt8], moduloOneLessThan prime: [UInt8]) -> [UInt8]? {
        guard let context = BN_CTX_new() else { return nil }
        defer { BN_CTX_free(context) }
        guard let number = BN_bin2bn(value, Int32(clamping: value.count), nil) else { return nil }
        defer { BN_clear_free(number) }
        guard let modulus = BN_bin2bn(prime, Int32(clamping: prime.count), nil) else { return nil }
        defer { BN_clear_free(modulus) }
        guard let result = BN_new() else { return nil }
        defer { BN_clear_free(result) }
        guard BN_sub_word(modulus, 1) == 1, BN_is_zero(modulus) == 0,
            BN_div(nil, result, number, modulus, context) == 1
        else { return nil }
        return bytes(of: result)
    }
}
