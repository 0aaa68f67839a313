/// What the key that a pair logs in with is able to do on the vm, said plainly.
package struct KeyModel: Sendable, Hashable {
    package let settings: ConnectionSettings
    /// The public half of a dedicated key, as `ssh-keygen` writes it; nil where it is not known.
    package let publicKey: String?

    package init(settings: ConnectionSettings, publicKey: String?) {
        self.settings = settings
        self.publicKey = publicKey
    }

    /// Whether a key was named for this pair alone.
    package var isDedicated: Bool { settings.identity != nil }

    /// One sentence.
    package var sentence: String {
        guard let identity = settings.identity else {
            return "logs in with your own key, which may do on the vm whatever you may"
        }
        guard settings.transport != .streamlocal else {
            return "logs in with \(identity); opening a socket needs forwarding, so this key "
                + "cannot be held to the receiver alone"
        }
        return "logs in with \(identity); the line below holds that key to the receiver"
    }

    /// The line for the vm's `~/.ssh/authorized_keys` that allows the receiver and nothing else.
    ///
    /// `restrict` turns off forwarding, terminals and the rest (sshd(8), AUTHORIZED_KEYS FORMAT).
    package var authorizedKeysLine: String? {
        guard isDedicated, settings.transport != .streamlocal else { return nil }
        let command = settings.execCommand.replacing("\"", with: "\\\"")
        return "restrict,command=\"\(command)\" \(publicKey ?? "PUBLIC-KEY")"
    }

    /// The lines for people.
    var lines: [StyledText] {
        var lines: [StyledText] = [StyledText("  \(sentence)")]
        if let authorizedKeysLine { lines.append(StyledText("    \(authorizedKeysLine)")) }
        return lines
    }
}
