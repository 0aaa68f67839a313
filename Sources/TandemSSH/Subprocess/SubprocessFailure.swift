/// What ssh's own words on standard error mean, which is all it tells beside the status 255.
enum SubprocessFailure {
    private static let meanings: [(text: String, code: SSHError.Code, hint: String)] = [
        ("Could not resolve hostname", .unknownName, "Check the spelling and ssh_config"),
        ("Connection refused", .refused, "Check that the vm and its sshd run, and the port"),
        ("timed out", .connectTimedOut, "Check that the vm runs"),
        ("No route to host", .unreachable, "Check the network and the address"),
        ("Network is unreachable", .unreachable, "Check the network and the address"),
        ("marked as revoked", .revokedHostKey, "Do not connect; ask for the new key"),
        ("IDENTIFICATION HAS CHANGED", .changedHostKey, "See ssh-keygen -R"),
        ("Host key verification failed", .unknownHost, "Connect once by hand with ssh"),
        ("Permission denied", .authenticationFailed, "Add the public key to the vm"),
    ]

    static func error(_ text: String, subject: String) -> SSHError {
        let found = meanings.first { text.contains($0.text) }
        let lines = text.split(whereSeparator: \.isNewline)
        let line =
            lines.last { line in found.map { line.contains($0.text) } ?? true }
            ?? lines.last ?? "ssh ended without a word"
        return SSHError(
            found?.code ?? .connectionLost,
            "ssh: \(line)",
            subject: subject,
            hint: found?.hint ?? ""
        )
    }
}
