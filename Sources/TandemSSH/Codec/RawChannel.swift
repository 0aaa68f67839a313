import CLibSSH2
import Glibc

/// libssh2's handle of one channel; it belongs to the thread of its session.
///
/// Freed by `free()` once the peer agreed to close, else with the session.
struct RawChannel: ~Copyable {
    /// SSH packets never carry more; a larger value makes libssh2 fail now and then (-41).
    static let packetSize: UInt32 = 32_768
    /// What libssh2 puts into one packet at most; a write of a multiple makes no small packets.
    static let payloadSize = 32_700

    enum Stream: Int32 {
        case output = 0
        case error = 1
    }

    enum Transfer {
        case bytes(Int)
        /// Nothing now: more input is needed.
        case again
        /// The channel ended in this direction.
        case ended
        case failed(Int32)
    }

    private let raw: OpaquePointer

    init(_ raw: OpaquePointer) { self.raw = raw }

    func read(_ stream: Stream, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        let target = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        let count = libssh2_channel_read_ex(raw, stream.rawValue, target, buffer.count)
        if count > 0 { return .bytes(count) }
        if count == Int(LIBSSH2_ERROR_EAGAIN) { return .again }
        if count < 0 { return .failed(Int32(truncatingIfNeeded: count)) }
        return libssh2_channel_eof(raw) != 0 ? .ended : .again
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        let source = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        let count = libssh2_channel_write_ex(raw, 0, source, bytes.count)
        switch Int32(truncatingIfNeeded: count) {
        case 0, LIBSSH2_ERROR_EAGAIN: return .again
        case LIBSSH2_ERROR_CHANNEL_CLOSED, LIBSSH2_ERROR_CHANNEL_EOF_SENT: return .ended
        case let code where code < 0: return .failed(code)
        default: return .bytes(count)
        }
    }

    /// Asks for a program; EAGAIN until the peer answered.
    func start(_ command: String) -> Int32 {
        let bytes = Array(command.utf8)
        return bytes.withUnsafeBytes {
            libssh2_channel_process_startup(
                raw,
                "exec",
                4,
                $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                UInt32(clamping: $0.count)
            )
        }
    }

    func sendEOF() -> Int32 { libssh2_channel_send_eof(raw) }

    /// True when the peer closed the channel, after which its exit status is known.
    var isClosedByPeer: Bool { libssh2_channel_wait_closed(raw) == 0 }

    /// How the remote program ended.
    ///
    /// The status is 0 when a signal killed it, so the signal is looked at first.
    var exit: RemoteExit {
        var name: UnsafeMutablePointer<CChar>?
        var length = 0
        libssh2_channel_get_exit_signal(raw, &name, &length, nil, nil, nil, nil)
        if let name {
            defer { Glibc.free(name) }
            return .signal(String(cString: name))
        }
        return .status(libssh2_channel_get_exit_status(raw))
    }

    /// Closes and frees the channel; EAGAIN until the peer closed it too.
    func free() -> Int32 { libssh2_channel_free(raw) }
}

/// How a remote program ended.
package enum RemoteExit: Hashable, Sendable {
    case status(Int32)
    case signal(String)
}
