/// What each part of a destination may hold.
///
/// A part ends up in the argument list of `ssh` or `podman`: none may start with a dash, and none
/// holds what a shell on the way would read as more than a word.
extension Destination {
    private static let wordCharacters = Set<Character>(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
    )

    static func checked(user: Substring?) throws(DestinationError) -> String? {
        guard let user else { return nil }
        let allowed = wordCharacters.union(["+", "@", "\\"])
        guard !user.isEmpty, !user.hasPrefix("-"), user.allSatisfy(allowed.contains) else {
            throw DestinationError("\"\(user)\" is not a user name")
        }
        return String(user)
    }

    static func checked(host: Substring) throws(DestinationError) -> String {
        let allowed = wordCharacters.union([":", "%", "+"])
        guard !host.isEmpty, !host.hasPrefix("-"), host.allSatisfy(allowed.contains) else {
            throw DestinationError(
                "\"\(host)\" is not a host name",
                hint: "a host is a name, an address or an alias of ~/.ssh/config"
            )
        }
        return String(host)
    }

    /// Checks a container's name against Podman's own rule for names.
    static func checked(container name: String) throws(DestinationError) -> String {
        let isWord = name.allSatisfy(wordCharacters.contains)
        guard let first = name.first, first.isLetter || first.isNumber, isWord else {
            throw DestinationError(
                "\"\(name)\" is not a container's name",
                hint: "podman ps --format '{{.Names}}' lists them"
            )
        }
        return name
    }

    /// Makes a path absolute, or relative to the home directory without the `home` prefix.
    static func checked(path text: String, home: String) throws(DestinationError) -> String {
        guard !text.isEmpty else {
            throw DestinationError("the destination has no path", hint: "write host:path")
        }
        var path = text == home || text == String(home.dropLast()) ? "." : text
        if path.hasPrefix(home) { path = String(path.dropFirst(home.count)) }
        guard !path.hasPrefix("~"), !path.hasPrefix("/~") else {
            throw DestinationError(
                "a path in another user's home is not resolved",
                hint: "write the absolute path"
            )
        }
        let isAbsolute = path.hasPrefix("/")
        let names = path.split(separator: "/").filter { $0 != "." }
        guard !names.contains("..") else {
            throw DestinationError("a vm root holds no \"..\"", hint: "write the path it leads to")
        }
        guard !(isAbsolute && names.isEmpty) else {
            throw DestinationError("the vm's whole disk is no root", hint: "name a directory")
        }
        let joined = names.joined(separator: "/")
        return isAbsolute ? "/\(joined)" : (joined.isEmpty ? "." : joined)
    }

    /// Reads `%XX`, as URLs have it.
    static func decoded(_ text: Substring) throws(DestinationError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            let number = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            guard digits.count == 2, let value = number, value >= 0x20, value != 0x7F
            else {
                throw DestinationError("% in a URL starts two digits", hint: "write % as %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let path = String(validating: bytes, as: UTF8.self) else {
            throw DestinationError("the path in the URL is not UTF-8", hint: "write host:path")
        }
        return path
    }
}
