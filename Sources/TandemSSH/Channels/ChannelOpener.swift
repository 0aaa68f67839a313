import CLibSSH2
import Dispatch
import TandemSystem

/// A caller's wish for a channel, and where the answer goes.
struct OpenRequest: Sendable {
    let kind: ChannelKind
    let link: ChannelLink
    /// Nil until answered; then the error, or none.
    let answer = Monitor<Answer?>(nil)

    enum Answer: Sendable {
        case opened
        case refused(SSHError)
    }
}

/// Opens one channel in as many turns as the peer needs; a session opens one at a time.
final class ChannelOpener {
    private let request: OpenRequest
    private let window: Int
    private let grace: DispatchTimeInterval
    private var raw: OpaquePointer?

    init(_ request: OpenRequest, window: Int, grace: DispatchTimeInterval) {
        self.grace = grace
        self.request = request
        self.window = window
    }

    /// Goes one step on.
    ///
    /// - Parameter session: the session of this thread.
    /// - Returns: the channel's driver, or nil while the peer has not answered.
    /// - Throws: `SSHError`; `connectionLost` when the session is of no further use.
    func advance(_ session: SSHSession) throws(SSHError) -> ChannelDriver? {
        if raw == nil { raw = open(session) }
        guard let raw else {
            guard session.lastErrorCode == LIBSSH2_ERROR_EAGAIN else { throw refusal(session) }
            return nil
        }
        let channel = RawChannel(raw)
        if case .exec(let command) = request.kind {
            let code = channel.start(command)
            if code == LIBSSH2_ERROR_EAGAIN { return nil }
            guard code == 0 else {
                _ = channel.free()
                throw commandRefusal(session, code)
            }
        }
        return ChannelDriver(channel, for: request, window: window, grace: grace)
    }

    func answer(_ answer: OpenRequest.Answer) { request.answer.change { $0 = answer } }

    func refuse(_ error: SSHError) {
        answer(.refused(error))
        request.link.notify {
            $0.failure = error
            $0.over = true
        }
    }

    private func open(_ session: SSHSession) -> OpaquePointer? {
        let name = request.kind.name
        let data = request.kind.openData
        return (data ?? []).withUnsafeBytes { bytes in
            libssh2_channel_open_ex(
                session.pointer,
                name,
                UInt32(name.utf8.count),
                UInt32(window),
                RawChannel.packetSize,
                data == nil ? nil : bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                UInt32(bytes.count)
            )
        }
    }

    /// Why the peer did not open it; libssh2 keeps the reason only in its text (RFC 4254 5.1).
    private func refusal(_ session: SSHSession) -> SSHError {
        let code = session.lastErrorCode
        let text = session.lastErrorText
        guard code == LIBSSH2_ERROR_CHANNEL_FAILURE else { return .transport(code) }
        if text.contains("connect failed") {
            return SSHError(
                .socketMissing,
                "nobody answers there on the vm",
                subject: request.kind.subject,
                hint: "Start the receiver; or check the path, that the user may enter it, and "
                    + "AllowStreamLocalForwarding in sshd_config"
            )
        }
        if text.contains("administratively prohibited") {
            return .forwardingRefused(request.kind)
        }
        return SSHError(.channelRefused, text, subject: request.kind.subject)
    }

    private func commandRefusal(_ session: SSHSession, _ code: Int32) -> SSHError {
        guard code == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED else { return .transport(code) }
        return SSHError(
            .channelRefused,
            "the vm's sshd refused to run the command",
            subject: request.kind.subject,
            hint: "Check ForceCommand, the key's restrictions and the user's shell"
        )
    }
}

extension SSHError {
    /// The error of a channel that sshd's configuration, or the key's restrictions, do not allow.
    static func forwardingRefused(_ kind: ChannelKind) -> SSHError {
        let option: String
        switch kind {
        case .streamlocal: option = "AllowStreamLocalForwarding"
        case .tcp: option = "AllowTcpForwarding"
        case .exec:
            return SSHError(
                .channelRefused,
                "the vm's sshd opens no session for this key",
                subject: kind.subject
            )
        }
        return SSHError(
            .forwardingRefused,
            "the vm's sshd refuses this forwarding",
            subject: kind.subject,
            hint: "Use the exec transport, or allow \(option) in sshd_config and for this key"
        )
    }
}
