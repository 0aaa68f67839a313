import Glibc
package import Logging
package import TandemSystem

/// Whose processes may talk to a daemon's socket.
package struct PeerPolicy: Sendable {
    /// What the kernel says for a uid that the user namespace does not map.
    package static let overflowUID: UInt32 = 65_534

    private var allowed: Set<UInt32>

    /// Admits this process's user, and one more.
    package init(serveUID: UInt32?) {
        allowed = [geteuid()]
        if let serveUID { allowed.insert(serveUID) }
    }

    package func admits(_ uid: UInt32?) -> Bool { uid.map { allowed.contains($0) } ?? false }
}

/// A daemon's UNIX socket: accepts until a signal asks it to stop, each connection on a thread.
package struct DaemonSocket: Sendable {
    /// Connections at once; each is a thread or two and a bounded amount of memory.
    package static let maximumConnections = 16
    /// How often the loop that accepts connections looks for a signal.
    private static let signalMilliseconds: Int32 = 250

    private let path: String
    private let listener: Int32
    private let peers: PeerPolicy
    private let connections = ConnectionCount(limit: Self.maximumConnections)
    private let logger: Logger

    /// Listens on `path`, 0600 in a directory that only its owner may enter.
    ///
    /// - Throws: `DaemonStartError`.
    package init(path: String, peers: PeerPolicy, logger: Logger) throws(DaemonStartError) {
        self.path = path
        self.peers = peers
        self.logger = logger
        do {
            listener = try UnixSocket.listen(at: path)
        } catch {
            throw DaemonStartError(
                what: "\(error)",
                next: "make the socket's directory with mode 0700 for this user, and let no other "
                    + "daemon use it",
                exitCode: DaemonExit.permission
            )
        }
    }

    /// Accepts connections until a signal asks the daemon to end; then the socket is gone.
    package func accept(
        until signals: borrowing TerminationSignals,
        _ log: DaemonLog,
        serve: @escaping @Sendable (DescriptorLink) -> Void
    ) {
        defer {
            close(listener)
            unlink(path)
        }
        while true {
            switch signals.poll() {
            case .terminate, .interrupt: return
            case .hangUp: log.reopen()
            case nil: break
            }
            do {
                guard
                    let descriptor = try UnixSocket.accept(
                        on: listener,
                        milliseconds: Self.signalMilliseconds
                    )
                else { continue }
                start(descriptor, serve)
            } catch {
                logger.error("accepting a connection failed: \(error)")
                return
            }
        }
    }

    private func start(
        _ descriptor: Int32,
        _ serve: @escaping @Sendable (DescriptorLink) -> Void
    ) {
        let uid = UnixSocket.peerUID(of: descriptor)
        guard peers.admits(uid), connections.enter() else {
            logger.warning(
                "connection refused",
                metadata: ["uid": "\(uid.map(String.init) ?? "unknown")"]
            )
            close(descriptor)
            return
        }
        let link = DescriptorLink(input: descriptor, output: descriptor)
        let connections = connections
        WorkerThread.start("tandem-session") {
            serve(link)
            connections.leave()
        }
    }
}

/// How many connections are served, with a bound.
private final class ConnectionCount: Sendable {
    private let limit: Int
    private let count = Monitor(0)

    init(limit: Int) {
        self.limit = limit
    }

    func enter() -> Bool {
        count.change { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.change { $0 -= 1 } }
}
