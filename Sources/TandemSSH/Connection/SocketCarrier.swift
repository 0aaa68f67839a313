import Glibc
import TandemSystem

/// A connected socket, of TCP or of a ProxyCommand's child.
final class SocketCarrier: Carrier {
    private let socket: OwnedDescriptor
    private let isTCP: Bool
    /// A ProxyCommand's process, ended with the socket.
    private let child: ChildProcess?

    /// Network loss is noticed after this long with unacknowledged bytes (TRANSPORT.md 6: nothing
    /// in libssh2 notices it).
    private static let userTimeout: CInt = 30_000

    init(_ socket: consuming OwnedDescriptor, isTCP: Bool, child: ChildProcess? = nil) {
        self.socket = socket
        self.isTCP = isTCP
        self.child = child
        let raw = self.socket.raw
        _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) | O_NONBLOCK)
        guard isTCP else { return }
        set(TCP_NODELAY, 1)
        set(TCP_USER_TIMEOUT, Self.userTimeout)
        var on: CInt = 1
        setsockopt(raw, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit { child?.terminate() }

    var descriptor: Int32 { socket.raw }

    func limitSendBuffer(to bytes: Int) {
        var size = CInt(clamping: bytes)
        setsockopt(
            socket.raw,
            SOL_SOCKET,
            SO_SNDBUF,
            &size,
            socklen_t(MemoryLayout<CInt>.size)
        )
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SSHError) -> Int? {
        while true {
            let count = recv(socket.raw, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            case ECONNRESET, EPIPE: return 0
            default: throw lost("reading")
            }
        }
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws(SSHError) -> Int {
        while true {
            let count = Glibc.send(
                socket.raw,
                bytes.baseAddress,
                bytes.count,
                Int32(MSG_NOSIGNAL)
            )
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return 0
            default: throw lost("writing")
            }
        }
    }

    func acknowledgeQuickly() { if isTCP { set(TCP_QUICKACK, 1) } }

    func shutDown() {
        shutdown(socket.raw, Int32(SHUT_RDWR))
        child?.terminate()
    }

    private func set(_ option: Int32, _ value: CInt) {
        var value = value
        setsockopt(
            socket.raw,
            Int32(IPPROTO_TCP),
            option,
            &value,
            socklen_t(MemoryLayout<CInt>.size)
        )
    }

    private func lost(_ doing: String) -> SSHError {
        let reason = String(cString: strerror(errno))
        return SSHError(
            .connectionLost,
            "the connection broke while \(doing): \(reason)",
            subject: ""
        )
    }
}
