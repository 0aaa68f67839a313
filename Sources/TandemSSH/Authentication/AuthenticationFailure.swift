/// Puts into words why no key opened the door.
struct AuthenticationFailure {
    let host: SSHHost
    /// The keys the server did not take.
    let refused: [String]
    let finder: IdentityFinder

    var error: SSHError {
        guard refused.isEmpty else { return allRefused }
        // A key that is there and cannot be used says more than "no key".
        if let problem = finder.problems.first { return problem }
        return noKey
    }

    private var allRefused: SSHError {
        let keys = refused.joined(separator: ", ")
        let others = finder.problems.map { "; \($0)" }.joined()
        return SSHError(
            .authenticationFailed,
            "the server took none of the keys offered: \(keys)\(others)",
            subject: host.subject,
            hint: certificateHint ?? "Add the public key to the vm: ssh-copy-id \(host.alias)"
        )
    }

    private var noKey: SSHError {
        let agent = finder.unnamedAgentKeys
        let files = finder.files.isEmpty ? "no IdentityFile" : finder.files.joined(separator: ", ")
        return SSHError(
            .noKey,
            "there is no key to offer: looked for \(files)",
            subject: host.subject,
            hint: agent > 0
                ? "The agent holds \(agent) keys that no IdentityFile names; write the .pub file of "
                    + "the right one as IdentityFile into ssh_config"
                : certificateHint ?? "Run: ssh-keygen -t ed25519"
        )
    }

    private var certificateHint: String? {
        guard !host.certificateFiles.isEmpty else { return nil }
        return "Certificates need the system's ssh: \(SSHError.useOpenSSH)"
    }
}
