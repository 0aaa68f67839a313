extension KnownHosts {
    /// Accepts a key that the files trust, and nothing else.
    ///
    /// - Parameters:
    ///   - key: what the server showed, its possession proved by the handshake.
    ///   - host: the host and the files that were read.
    /// - Throws: `SSHError` with the exact reason; an unknown host's carries the key.
    package func check(_ key: HostKey, for host: SSHHost) throws(SSHError) {
        let name = host.knownHostsName
        switch verdict(on: key, of: name) {
        case .trusted: return
        case .revoked(let place):
            throw SSHError(
                .revokedHostKey,
                "its \(key.type) key \(key.fingerprint) is marked as revoked at \(place)",
                subject: name,
                hint: "Do not connect; ask the vm's administrator for the new key"
            )
        case .changed(let place):
            throw changed(key, name, "not the one known at \(place)", place.file)
        case .otherType(let types, let place):
            let known = Set(types).sorted().joined(separator: ", ")
            throw changed(
                key,
                name,
                "of a type not known at \(place), which has \(known)",
                place.file
            )
        case .unknown:
            throw unknown(key, host)
        }
    }

    private func changed(
        _ key: HostKey,
        _ name: String,
        _ how: String,
        _ file: String
    ) -> SSHError {
        SSHError(
            .changedHostKey,
            "the host key is \(key.type) \(key.fingerprint), \(how). Someone may be listening in, "
                + "or the vm was set up anew",
            subject: name,
            hint: "If it was, remove the old key with: ssh-keygen -f '\(file)' -R '\(name)'"
        )
    }

    private func unknown(_ key: HostKey, _ host: SSHHost) -> SSHError {
        let authority =
            hasAuthority(for: host.knownHostsName)
            ? ". A @cert-authority line stands for it, but host certificates need the system's ssh: "
                + SSHError.useOpenSSH
            : ""
        return SSHError(
            .unknownHost,
            "the host key \(key.type) \(key.fingerprint) is not in known_hosts\(authority)",
            subject: host.knownHostsName,
            hint: "Compare the fingerprint with the vm's and pair again to accept it, or run: "
                + "ssh \(host.alias)",
            hostKey: key
        )
    }
}
