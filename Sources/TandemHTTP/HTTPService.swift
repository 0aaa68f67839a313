package import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TandemSystem

/// A small HTTP/1.1 server for read-only routes: health, metrics, status.
///
/// It runs on one thread of its own. Every cost a client can cause is bounded by `HTTPLimits`.
package final class HTTPService: Sendable {
    /// Where it listens; a TCP port of 0 has become the real one.
    package let address: HTTPAddress

    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let connections: Connections
    private let isStopped = Mutex(false)

    private static let backlog: CInt = 128

    private init(
        address: HTTPAddress,
        group: MultiThreadedEventLoopGroup,
        listener: any Channel,
        connections: Connections
    ) {
        self.address = address
        self.group = group
        self.listener = listener
        self.connections = connections
    }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - address: a host and port, or the path of a socket in a directory only its owner enters.
    ///   - limits: what one client may cost.
    ///   - route: answers a path, query left off; called on the service's thread, so it returns at
    ///     once.
    /// - Returns: the running service.
    /// - Throws: what the system says against listening there.
    package static func start(
        at address: HTTPAddress,
        limits: HTTPLimits = HTTPLimits(),
        route: @escaping @Sendable (String) -> HTTPAnswer
    ) throws -> HTTPService {
        try start(at: address, limits: limits, responder: HTTPResponder(route: route))
    }

    /// Starts to listen, for requests that may change something and take their time.
    ///
    /// - Parameters:
    ///   - address: a host and port, or the path of a socket in a directory only its owner enters.
    ///   - limits: what one client may cost; an answer has `requestTime` to come.
    ///   - responder: what answers.
    /// - Returns: the running service.
    /// - Throws: what the system says against listening there.
    package static func start(
        at address: HTTPAddress,
        limits: HTTPLimits = HTTPLimits(),
        responder: HTTPResponder
    ) throws -> HTTPService {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = Connections(limit: limits.connections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                let prepared = channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, limits, connections, responder)
                }
                guard let admits = responder.admits else { return prepared }
                return prepared.flatMap { PeerGate.check(channel, admits: admits) }
            }
        do {
            let listener = try listen(bootstrap, at: address)
            return HTTPService(
                address: resolved(address, listener),
                group: group,
                listener: listener,
                connections: connections
            )
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    /// How many connections are open.
    package var openConnections: Int { connections.count }

    /// Stops listening, lets requests in the making end until the deadline, and ends its thread.
    ///
    /// Only the first call does anything.
    package func stop(by deadline: DispatchTime) {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        try? listener.close().wait()
        connections.drain(until: deadline)
        try? group.syncShutdownGracefully()
    }

    private static func prepare(
        _ channel: any Channel,
        _ limits: HTTPLimits,
        _ connections: Connections,
        _ responder: HTTPResponder
    ) throws {
        let requests = RequestGuard(limits: limits, connections: connections)
        let pipeline = channel.pipeline.syncOperations
        if channel.remoteAddress?.port != nil {
            try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        }
        try pipeline.addHandler(requests)
        try pipeline.configureHTTPServerPipeline()
        try pipeline.addHandler(
            AnswerHandler(requests: requests, connections: connections, responder: responder)
        )
    }

    private static func listen(
        _ bootstrap: ServerBootstrap,
        at address: HTTPAddress
    ) throws -> any Channel {
        switch address {
        case .tcp(let host, let port):
            try bootstrap.bind(host: host, port: port).wait()
        case .unix(let path):
            try bootstrap.withBoundSocket(try UnixSocket.listen(at: path)).wait()
        }
    }

    private static func resolved(_ address: HTTPAddress, _ listener: any Channel) -> HTTPAddress {
        if case .tcp(let host, _) = address, let port = listener.localAddress?.port {
            return .tcp(host: host, port: port)
        }
        return address
    }
}
