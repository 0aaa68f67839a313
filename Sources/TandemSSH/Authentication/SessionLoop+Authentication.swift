import CLibSSH2
import Dispatch
import Glibc

extension SessionLoop {
    /// sshd ends the connection at the sixth failure (MaxAuthTries 6).
    private static let tries = 5

    /// Proves who the user is, with the configured keys only.
    ///
    /// - Parameters:
    ///   - host: whose user, keys and agent.
    ///   - options: a dedicated key, and whom to ask for passphrases.
    /// - Throws: `SSHError`.
    func authenticate(as host: SSHHost, _ options: SSHOptions) throws(SSHError) {
        let deadline = DispatchTime.now() + .seconds(tuning.authenticationSeconds)
        var finder = IdentityFinder(host, options)
        var refused: [String] = []
        for file in finder.files {
            guard let identity = try finder.identity(in: file) else { continue }
            for algorithm in identity.publicKey.signatureAlgorithms {
                guard refused.count < Self.tries else { break }
                if try offer(identity, algorithm, host, deadline) { return }
                refused.append("\(file) (\(algorithm))")
            }
        }
        throw AuthenticationFailure(host: host, refused: refused, finder: finder).error
    }

    /// Offers one key; false when the server does not take it.
    private func offer(
        _ identity: Identity,
        _ algorithm: String,
        _ host: SSHHost,
        _ deadline: DispatchTime
    ) throws(SSHError) -> Bool {
        let request = SignatureRequest(identity, algorithm)
        var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(request).toOpaque()
        let blob = identity.publicKey.named(algorithm)
        let late = SSHError(
            .handshakeTimedOut,
            "authentication took too long",
            subject: host.subject
        )
        let code = try withExtendedLifetime(request) { () throws(SSHError) in
            try drive(until: deadline, late: late) {
                libssh2_userauth_publickey($0, host.user, blob, blob.count, signCallback, &context)
            }
        }
        if code == 0 { return true }
        // libssh2 gives a key that is refused and a connection that ends the same codes.
        if session.incoming.ended || session.goodbye != nil { throw endWhileAuthenticating(host) }
        switch code {
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED,
            LIBSSH2_ERROR_PUBLICKEY_UNRECOGNIZED:
            return false
        default:
            throw SSHError(
                .authenticationFailed,
                "authenticating failed: \(session.lastErrorText)",
                subject: host.subject,
                hint: Self.logHint
            )
        }
    }

    /// A server that has had enough says so; without a word the network, or sshd, broke down, and
    /// nothing is known about the keys.
    private func endWhileAuthenticating(_ host: SSHHost) -> SSHError {
        guard let goodbye = session.goodbye else {
            return SSHError(
                .connectionLost,
                "the connection was lost while authenticating",
                subject: host.subject
            )
        }
        return SSHError(
            .authenticationFailed,
            "the server ended the connection while authenticating: \(goodbye)",
            subject: host.subject,
            hint: Self.logHint
        )
    }

    private static let logHint = "Look into the vm's sshd log; too many keys may have been offered"
}

/// What the sign callback finds through its `abstract`.
private final class SignatureRequest {
    let identity: Identity
    let algorithm: String

    init(_ identity: Identity, _ algorithm: String) {
        self.identity = identity
        self.algorithm = algorithm
    }
}

private func signCallback(
    _ session: OpaquePointer?,
    _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<Int>?,
    _ data: UnsafePointer<UInt8>?,
    _ dataLength: Int,
    _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
    guard let context = abstract?.pointee, let signature, let length else { return -1 }
    let request = Unmanaged<SignatureRequest>.fromOpaque(context).takeUnretainedValue()
    let bytes = request.identity.signature(
        of: UnsafeRawBufferPointer(start: data, count: dataLength),
        algorithm: request.algorithm
    )
    // libssh2 frees it with its own free(3).
    guard let bytes, let copy = malloc(bytes.count) else { return -1 }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
    length.pointee = bytes.count
    return 0
}
