import NIOCore

/// Stands before the HTTP decoder and holds one connection to the limits of its service.
///
/// It counts the bytes of a request and runs one deadline at a time: for the request to come whole,
/// for the answer to be taken, or for the next request to begin. All of it runs on the connection's
/// event loop.
final class RequestGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case idle
        case receiving
        case answering
        /// The client was told no; what it still sends is thrown away.
        case refused
    }

    private let limits: HTTPLimits
    private let connections: Connections
    private var phase = Phase.receiving
    private var received = 0
    private var deadline: Scheduled<Void>?

    init(limits: HTTPLimits, connections: Connections) {
        self.limits = limits
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        if connections.admit(context.channel) {
            setDeadline(limits.requestTime, context)
            context.fireChannelActive()
        } else {
            refuse("503 Service Unavailable", context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if phase == .refused { return }
        received += unwrapInboundIn(data).readableBytes
        guard received <= limits.requestBytes else {
            refuse("431 Request Header Fields Too Large", context)
            return
        }
        if phase == .idle {
            phase = .receiving
            setDeadline(limits.requestTime, context)
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Connections.Drain {
            if phase == .idle { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The whole request is there; its answer has the same time to be taken.
    func requestDidEnd(_ context: ChannelHandlerContext) {
        received = 0
        phase = .answering
        setDeadline(limits.requestTime, context)
    }

    /// The answer is with the kernel, and the connection stays open.
    func answerDidEnd(_ context: ChannelHandlerContext) {
        guard phase == .answering else { return }
        // Bytes that came meanwhile are the beginning of the next request.
        phase = received > 0 ? .receiving : .idle
        setDeadline(received > 0 ? limits.requestTime : limits.idleTime, context)
    }

    /// Says no in the fewest bytes, then waits for the client to read it and go.
    ///
    /// Closing at once would make the kernel throw the answer away where unread bytes wait.
    private func refuse(_ status: String, _ context: ChannelHandlerContext) {
        phase = .refused
        setDeadline(limits.requestTime, context)
        let text = "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        context.close(mode: .output, promise: nil)
    }

    private func setDeadline(_ nanoseconds: Int64, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(nanoseconds)) {
            context.close(promise: nil)
        }
    }
}
