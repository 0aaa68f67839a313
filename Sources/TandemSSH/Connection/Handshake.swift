import CLibSSH2
import Dispatch

extension SessionLoop {
    /// Negotiates, and checks the host key before anything is said about the user.
    ///
    /// - Parameters:
    ///   - host: whom to expect.
    ///   - knownHosts: what is known of it.
    /// - Returns: what was negotiated.
    /// - Throws: `SSHError`.
    func handshake(
        with host: SSHHost,
        knownHosts: KnownHosts
    ) throws(SSHError) -> NegotiatedAlgorithms {
        try pinAlgorithms(known: knownHosts.types(of: host.knownHostsName), host)
        let seconds = tuning.handshakeSeconds
        let late = SSHError(
            .handshakeTimedOut,
            "the handshake took longer than \(seconds) s",
            subject: host.subject,
            hint: "Check that sshd answers on this port: ssh \(host.alias)"
        )
        // libssh2 keeps the number only to hand it to the callbacks, and sets it non-blocking.
        let descriptor = session.descriptor
        let code = try drive(until: .now() + .seconds(seconds), late: late) {
            libssh2_session_handshake($0, descriptor)
        }
        guard code == 0 else { throw handshakeFailure(code, host, knownHosts) }
        try knownHosts.check(try offeredKey(host), for: host)
        return negotiated
    }

    private func pinAlgorithms(known: [String], _ host: SSHHost) throws(SSHError) {
        for (method, names) in Algorithms.preferences(knownHostKeyTypes: known) {
            let list = names.joined(separator: ",")
            // On failure libssh2 would go on with its own, wider list.
            guard libssh2_session_method_pref(session.pointer, method, list) == 0 else {
                throw SSHError(
                    .handshakeFailed,
                    "libssh2 \(SSHLibrary.version) does not take the algorithms \(list)",
                    subject: host.subject,
                    hint: "Update libssh2, or \(SSHError.useOpenSSH)"
                )
            }
        }
    }

    private func offeredKey(_ host: SSHHost) throws(SSHError) -> HostKey {
        var length = 0
        var type: Int32 = 0
        if let bytes = libssh2_session_hostkey(session.pointer, &length, &type),
            let key = HostKey(blob: Array(UnsafeRawBufferPointer(start: bytes, count: length)))
        {
            return key
        }
        throw SSHError(.handshakeFailed, "the server showed no host key", subject: host.subject)
    }

    private var negotiated: NegotiatedAlgorithms {
        let session = session.pointer
        func name(_ method: Int32) -> String {
            libssh2_session_methods(session, method).map { String(cString: $0) } ?? ""
        }
        return NegotiatedAlgorithms(
            keyExchange: name(LIBSSH2_METHOD_KEX),
            hostKey: name(LIBSSH2_METHOD_HOSTKEY),
            cipherOut: name(LIBSSH2_METHOD_CRYPT_CS),
            cipherIn: name(LIBSSH2_METHOD_CRYPT_SC),
            integrityOut: name(LIBSSH2_METHOD_MAC_CS),
            integrityIn: name(LIBSSH2_METHOD_MAC_SC),
            compressionOut: name(LIBSSH2_METHOD_COMP_CS),
            compressionIn: name(LIBSSH2_METHOD_COMP_SC)
        )
    }

    private func handshakeFailure(
        _ code: Int32,
        _ host: SSHHost,
        _ knownHosts: KnownHosts
    ) -> SSHError {
        if session.incoming.ended {
            return SSHError(
                .handshakeFailed,
                "the other side closed the connection before the handshake was over",
                subject: host.subject,
                hint: "Check that an sshd listens on this port and takes connections from here"
            )
        }
        // -5 and -8: no algorithm in common, such as a server with only an RSA host key.
        let noneInCommon =
            code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE
        return SSHError(
            .handshakeFailed,
            noneInCommon
                ? "no algorithm in common; the server may have only an RSA or a certified host key"
                : "the handshake failed: \(session.lastErrorText)",
            subject: host.subject,
            hint: noneInCommon
                ? "Add an Ed25519 host key on the vm (ssh-keygen -A), or \(SSHError.useOpenSSH)"
                : "Check that an sshd listens on this port: ssh \(host.alias)"
        )
    }
}
