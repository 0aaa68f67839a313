/// Reads the destinations people know from rsync, scp and Podman.
///
/// `host:path`, `user@host:path`, `ssh://user@host:port/abs`, `ssh://host/~/rel` and
/// `podman+ssh://user@host/CONTAINER/abs`, each with an IPv6 address in brackets.
extension Destination {
    /// Reads a destination from what a user typed.
    ///
    /// - Parameter text: the destination.
    /// - Throws: `DestinationError`, which says what to write instead.
    package init(parsing text: String) throws(DestinationError) {
        guard !text.isEmpty else {
            throw DestinationError("the destination is empty", hint: "write host:path")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw DestinationError("a destination holds no control characters")
        }
        if let scheme = text.firstRange(of: "://") {
            self = try Self.url(
                scheme: String(text[..<scheme.lowerBound]),
                rest: text[scheme.upperBound...]
            )
        } else {
            self = try Self.short(text)
        }
    }

    // MARK: - host:path

    private static func short(_ text: String) throws(DestinationError) -> Destination {
        let (user, rest) = splitUser(text[...], before: ["/", ":", "["])
        var host = rest
        var path = rest[rest.endIndex...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstRange(of: "]:") else {
                throw DestinationError("the address in brackets has no end", hint: ipv6Hint)
            }
            host = rest[rest.index(after: rest.startIndex)..<end.lowerBound]
            path = rest[end.upperBound...]
        } else {
            guard let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/") else {
                throw DestinationError(
                    "\(text) names no host",
                    hint: "write host:\(text.isEmpty ? "path" : text)"
                )
            }
            host = rest[..<colon]
            path = rest[rest.index(after: colon)...]
            try refuseColonsThatMeanOtherThings(user: user, host: host, path: path)
        }
        return Destination(
            user: try checked(user: user),
            host: try checked(host: host),
            path: try checked(path: String(path), home: "~/")
        )
    }

    /// `host:2222:path` and `fe80::1:path` would otherwise be read as strange paths.
    private static func refuseColonsThatMeanOtherThings(
        user: Substring?,
        host: Substring,
        path: Substring
    ) throws(DestinationError) {
        if path.hasPrefix(":") { throw DestinationError("\(host)::… is no host", hint: ipv6Hint) }
        guard let second = path.firstIndex(of: ":") else { return }
        let number = path[..<second]
        guard !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) else { return }
        let rest = path[path.index(after: second)...]
        let place = rest.hasPrefix("/") ? String(rest) : "/~/\(rest)"
        let account = user.map { "\($0)@" } ?? ""
        throw DestinationError(
            "host:port:path is not a destination",
            hint: "write ssh://\(account)\(host):\(number)\(place)"
        )
    }

    // MARK: - scheme://

    private static func url(
        scheme: String,
        rest: Substring
    ) throws(DestinationError) -> Destination {
        guard scheme == "ssh" || scheme == "podman+ssh" else {
            throw DestinationError(
                "\(scheme):// is not a destination",
                hint: "write host:path, ssh://host/path or podman+ssh://host/CONTAINER/path"
            )
        }
        guard let slash = rest.firstIndex(of: "/") else {
            throw DestinationError("the destination has no path", hint: "add /path or /~/path")
        }
        let (user, place) = splitUser(rest[..<slash], before: [])
        if let user, user.contains(":") {
            throw DestinationError(
                "a password does not belong into a destination",
                hint: "use a key; see tandem doctor"
            )
        }
        let (host, port) = try hostAndPort(place)
        var path = try decoded(rest[slash...])
        var container: String?
        if scheme == "podman+ssh" { (container, path) = try splitContainer(path) }
        return Destination(
            user: try checked(user: user),
            host: try checked(host: host),
            port: port,
            container: container,
            path: try checked(path: path, home: "/~/")
        )
    }

    private static func hostAndPort(
        _ text: Substring
    ) throws(DestinationError) -> (host: Substring, port: UInt16?) {
        var host = text
        var number = text[text.endIndex...]
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw DestinationError("the address in brackets has no end", hint: ipv6Hint)
            }
            host = text[text.index(after: text.startIndex)..<end]
            number = text[text.index(after: end)...]
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            number = text[colon...]
        }
        guard !number.isEmpty else { return (host, nil) }
        guard number.hasPrefix(":"), let port = UInt16(number.dropFirst()), port > 0 else {
            let hint = number.dropFirst().contains(":") ? ipv6Hint : "a port is 1 to 65535"
            throw DestinationError("\(number) is not a port", hint: hint)
        }
        return (host, port)
    }

    private static func splitContainer(
        _ path: String
    ) throws(DestinationError) -> (container: String, path: String) {
        let rest = path.dropFirst()
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let name = try checked(container: String(rest[..<end]))
        guard end < rest.endIndex, !rest[end...].hasPrefix("/~") else {
            throw DestinationError(
                "the path in a container is absolute",
                hint: "write podman+ssh://host/\(name)/path"
            )
        }
        return (name, String(rest[end...]))
    }

    // MARK: - Parts

    private static let ipv6Hint = "write an IPv6 address in brackets: [fe80::1]:path"

    private static func splitUser(
        _ text: Substring,
        before stops: Set<Character>
    ) -> (user: Substring?, rest: Substring) {
        let end = text.firstIndex { stops.contains($0) } ?? text.endIndex
        guard let at = text[..<end].lastIndex(of: "@") else { return (nil, text) }
        return (text[..<at], text[text.index(after: at)...])
    }
}
