import CLibSSH2

extension SSHError {
    /// The error for a code of libssh2 that ends the connection; the loop adds the subject.
    ///
    /// A killed peer, a closed socket and a broken read show as different codes and all mean the
    /// same (TRANSPORT.md 6).
    static func transport(_ code: Int32) -> SSHError {
        switch code {
        case LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_SEND:
            SSHError(.connectionLost, "the connection was lost", subject: "")
        default:
            SSHError(
                .connectionLost,
                "the connection broke (libssh2 error \(code))",
                subject: ""
            )
        }
    }

    /// The error with `subject` where it has none yet.
    func about(_ subject: String) -> SSHError {
        var error = self
        if error.subject.isEmpty { error.subject = subject }
        return error
    }
}
