import Glibc
import NIOCore

/// Closes a connection of a UNIX socket whose process is not one of those that may connect.
enum PeerGate {
    /// `struct ucred` of unix(7), which the C library shows to GNU programs only.
    private struct Credentials: Sendable {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }

    /// Asks the kernel who is at the other end, and fails the connection where that one may not.
    ///
    /// SO_PEERCRED of unix(7): who connected, as it was then.
    static func check(
        _ channel: any Channel,
        admits: @escaping @Sendable (UInt32?) -> Bool
    ) -> EventLoopFuture<Void> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let peer: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        return peer.flatMapThrowing { peer in
            guard admits(peer.uid) else { throw ChannelError.ioOnClosedChannel }
        }
    }
}
