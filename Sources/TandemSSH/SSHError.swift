/// Why an SSH connection, or something asked of it, failed: a code to switch over, what happened,
/// to what, and what to do next.
package struct SSHError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        // Finding out where to connect.
        case configuration
        // Reaching the machine.
        case unknownName
        case refused
        case unreachable
        case connectTimedOut
        case proxyFailed
        // The handshake and the host key.
        case handshakeTimedOut
        case handshakeFailed
        case unknownHost
        case changedHostKey
        case revokedHostKey
        // Authentication.
        case noKey
        case unsafeKeyFile
        case unsupportedKey
        case passphraseNeeded
        case wrongPassphrase
        case authenticationFailed
        // Channels.
        case forwardingRefused
        case socketMissing
        case channelRefused
        case tooManyChannels
        case commandMissing
        case commandFailed
        // The end.
        case connectionLost
        case closed
    }

    package var code: Code
    /// What happened, without the subject.
    package var message: String
    /// The host, file or path it happened to.
    package var subject: String
    /// What the user can do next; may be empty.
    package var hint: String
    /// The key an unknown host showed, for `pair` to ask about.
    package var hostKey: HostKey?

    package init(
        _ code: Code,
        _ message: String,
        subject: String,
        hint: String = "",
        hostKey: HostKey? = nil
    ) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
        self.hostKey = hostKey
    }

    package var description: String {
        let what = subject.isEmpty ? message : "\(subject): \(message)"
        return hint.isEmpty ? what : "\(what). \(hint)"
    }
}

extension SSHError {
    /// The words that send the user to the transport that uses the system's own ssh.
    static let useOpenSSH = "set `transport: openssh` for this pair"
}
