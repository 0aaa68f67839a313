/// Where to connect, as the user wrote it: `[user@]host[:port]`, the host being an alias that
/// ssh_config may know.
package struct SSHDestination: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var user: String?
    package var port: Int?

    package init(host: String, user: String? = nil, port: Int? = nil) {
        self.host = host
        self.user = user
        self.port = port
    }

    /// Reads `host`, `user@host`, `user@host:port`, `[::1]:port` or any of them after `ssh://`.
    ///
    /// Nil when a part is empty, the port is none, or a name starts with `-` and could be taken
    /// for an option.
    package init?(_ text: String) {
        var rest = Substring(text)
        if rest.hasPrefix("ssh://") { rest = rest.dropFirst(6) }
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        guard let (host, port) = Self.split(rest) else { return nil }
        self.host = host
        self.port = port
        guard Self.isName(host), user.map(Self.isName) ?? true else { return nil }
    }

    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return (user.map { "\($0)@" } ?? "") + name + (port.map { ":\($0)" } ?? "")
    }

    private static func split(_ text: Substring) -> (String, Int?)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard let port else { return (String(host), nil) }
        guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        return (String(host), number)
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
}
