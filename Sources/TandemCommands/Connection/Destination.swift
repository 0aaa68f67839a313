/// Where a pair's vm root is: the account and host that SSH reaches, and the path there.
package struct Destination: Hashable, Sendable {
    /// The account; nil leaves it to the ssh configuration.
    package var user: String?
    /// A host name, an address or an alias of the ssh configuration; no brackets.
    package var host: String
    /// The port; nil leaves it to the ssh configuration.
    package var port: UInt16?
    /// The Podman container that runs the receiver, for `podman+ssh` destinations.
    package var container: String?
    /// The vm root: absolute, or relative to the account's home directory.
    package var path: String

    package init(
        user: String? = nil,
        host: String,
        port: UInt16? = nil,
        container: String? = nil,
        path: String
    ) {
        self.user = user
        self.host = host
        self.port = port
        self.container = container
        self.path = path
    }

    /// Whether the path starts at the vm's root directory.
    package var isAbsolute: Bool { path.hasPrefix("/") }
}

extension Destination: CustomStringConvertible {
    /// The shortest spelling that the parser reads back as the same value.
    package var description: String {
        if container == nil && port == nil && !looksLikePort {
            return "\(account)\(bracketedHost):\(path)"
        }
        let scheme = container == nil ? "ssh" : "podman+ssh"
        let number = port.map { ":\($0)" } ?? ""
        let prefix = container.map { "/\($0)" } ?? ""
        let place = isAbsolute ? path : "/~/\(path)"
        return "\(scheme)://\(account)\(bracketedHost)\(number)\(prefix)\(Self.encoded(place))"
    }

    /// What `ssh` takes as its destination, without path and container.
    package var authority: String {
        "\(account)\(bracketedHost)\(port.map { ":\($0)" } ?? "")"
    }

    /// Whether `host:path` would be read as `host:port:path`.
    private var looksLikePort: Bool {
        guard let colon = path.firstIndex(of: ":") else { return false }
        return path[..<colon].allSatisfy { $0.isASCII && $0.isNumber }
    }

    private var account: String { user.map { "\($0)@" } ?? "" }

    private var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }

    /// Only what the parser would read differently is written as `%XX`.
    private static func encoded(_ path: String) -> String {
        path.replacing("%", with: "%25")
    }
}

/// Why a text is no destination, and what to write instead.
package struct DestinationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message); \($0)" } ?? message }
}
