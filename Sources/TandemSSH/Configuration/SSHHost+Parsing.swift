import Glibc

extension SSHHost {
    /// Reads the output of `ssh -G`.
    ///
    /// - Parameters:
    ///   - output: lines of a lower-case keyword and its value.
    ///   - alias: what the user wrote.
    ///   - local: the user and home that `~`, `%d` and `%u` stand for.
    /// - Throws: `SSHError.configuration` when what cannot be missing is missing.
    init(resolved output: String, alias: String, local: LocalUser) throws(SSHError) {
        self.init(alias: alias, hostName: "", user: "")
        for line in output.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            set(String(parts[0]), String(parts[1]))
        }
        guard !hostName.isEmpty, !user.isEmpty else {
            throw SSHError(
                .configuration,
                "`ssh -G` named no host or no user",
                subject: alias,
                hint: "Run: ssh -G \(alias)"
            )
        }
        expand(local)
    }

    private mutating func set(_ keyword: String, _ value: String) {
        switch keyword {
        case "hostname": hostName = value
        case "user": user = value
        case "port": port = Int(value) ?? port
        case "identityfile": identityFiles.append(value)
        case "certificatefile": certificateFiles.append(value)
        case "identitiesonly": identitiesOnly = value == "yes"
        case "userknownhostsfile": userKnownHostsFiles = Self.list(value)
        case "globalknownhostsfile": globalKnownHostsFiles = Self.list(value)
        case "hostkeyalias": hostKeyAlias = value
        case "hashknownhosts": hashKnownHosts = value == "yes"
        case "proxyjump":
            jumps = value == "none" ? [] : value.split(separator: ",").map(String.init)
        case "proxycommand": proxyCommand = value == "none" ? nil : value
        case "identityagent": agent = Self.agent(value)
        case "connecttimeout": connectTimeout = Int(value).flatMap { $0 > 0 ? $0 : nil }
        default: break
        }
    }

    private static func list(_ value: String) -> [String] {
        value.split(separator: " ").map(String.init).filter { $0 != "none" }
    }

    private static func agent(_ value: String) -> Agent {
        switch value {
        case "none": .none
        case "SSH_AUTH_SOCK": .environment
        default: .socket(value)
        }
    }

    private mutating func expand(_ local: LocalUser) {
        let tokens = Tokens(host: self, local: local)
        identityFiles = identityFiles.map(tokens.path)
        certificateFiles = certificateFiles.map(tokens.path)
        userKnownHostsFiles = userKnownHostsFiles.map(tokens.path)
        globalKnownHostsFiles = globalKnownHostsFiles.map(tokens.path)
        proxyCommand = proxyCommand.map(tokens.text)
        if case .socket(let path) = agent { agent = tokens.agent(path) }
    }
}

/// The tokens of ssh_config(5) that `ssh -G` leaves in its output.
private struct Tokens {
    let host: SSHHost
    let local: LocalUser

    /// A path with its tokens and a leading `~` replaced.
    func path(_ value: String) -> String {
        let value = text(value)
        if value == "~" { return local.home }
        return value.hasPrefix("~/") ? local.home + value.dropFirst() : value
    }

    /// An agent's socket: a path, or `$NAME` for what stands in the environment.
    func agent(_ value: String) -> SSHHost.Agent {
        guard value.hasPrefix("$") else { return .socket(path(value)) }
        let name = value.dropFirst().filter { $0 != "{" && $0 != "}" }
        return getenv(String(name)).map { .socket(String(cString: $0)) } ?? .none
    }

    func text(_ value: String) -> String {
        var result = ""
        var rest = value[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            guard let token = rest.popFirst() else { break }
            result += replacement(token) ?? "%\(token)"
        }
        return result + rest
    }

    private func replacement(_ token: Character) -> String? {
        switch token {
        case "%": "%"
        case "h": host.hostName
        case "n": host.alias
        case "p": String(host.port)
        case "r": host.user
        case "d": local.home
        case "u": local.name
        case "i": String(local.uid)
        case "k": host.hostKeyAlias ?? host.alias
        default: nil
        }
    }
}
