import CCrypto

/// The first field of a known_hosts line: hashed, or a comma list of patterns (sshd(8),
/// "SSH_KNOWN_HOSTS FILE FORMAT").
enum HostPattern: Hashable, Sendable {
    case hashed(salt: [UInt8], hash: [UInt8])
    case list([Item])

    struct Item: Hashable, Sendable {
        var pattern: [UInt8]
        var negated: Bool
    }

    /// Reads the field; nil when it is a hash that cannot be one.
    init?(field: Substring) {
        guard field.hasPrefix("|") else {
            self = .list(field.split(separator: ",").map(Self.item))
            return
        }
        // |1|salt|hash
        let parts = field.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "1",
            let salt = Base64.decode(parts[2]), let hash = Base64.decode(parts[3])
        else { return nil }
        self = .hashed(salt: salt, hash: hash)
    }

    /// True when the line is about `name`; a negated pattern that matches excludes the line.
    func matches(_ name: String) -> Bool {
        let name = Array(name.lowercased().utf8)
        switch self {
        case .hashed(let salt, let hash):
            return Self.hash(name, salt: salt) == hash
        case .list(let items):
            let matching = items.filter { Self.match($0.pattern[...], name[...]) }
            return !matching.isEmpty && !matching.contains(where: \.negated)
        }
    }

    /// HMAC-SHA1, which is what OpenSSH hashes names with.
    static func hash(_ name: [UInt8], salt: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        HMAC(EVP_sha1(), salt, Int32(clamping: salt.count), name, name.count, &result, &length)
        return Array(result.prefix(Int(length)))
    }

    private static func item(_ text: Substring) -> Item {
        let negated = text.hasPrefix("!")
        let pattern = negated ? text.dropFirst() : text
        return Item(pattern: Array(pattern.lowercased().utf8), negated: negated)
    }

    /// `*` stands for any bytes, `?` for one; linear, because only the last star is gone back to.
    static func match(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var (p, n) = (pattern.startIndex, name.startIndex)
        var star: (pattern: Int, name: Int)?
        while n < name.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.endIndex,
                pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?")
            {
                p += 1
                n += 1
            } else if let last = star {
                p = last.pattern + 1
                n = last.name + 1
                star = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
