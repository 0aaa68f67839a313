package import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix

/// One request over a connection of its own, bounded in time and in bytes.
package enum HTTPClientOnce {
    /// The longest wait, whatever the deadline says: a health check is not worth more.
    private static let longestTime = TimeAmount.hours(1)

    /// Asks once and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - path: what is asked for, such as `/healthz`, with its query.
    ///   - address: the service.
    ///   - deadline: when to give up, whatever stage it is at.
    ///   - limit: the most bytes taken, head and body together.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `HTTPFailure`
    package static func get(
        _ path: String,
        from address: HTTPAddress,
        by deadline: DispatchTime,
        limit: Int = 1 << 20
    ) throws(HTTPFailure) -> HTTPAnswer {
        try send(.get, path, to: address, by: deadline, limit: limit)
    }

    /// Sends a request without a body and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - method: GET, or POST for what changes something.
    ///   - path: what is asked for, with its query.
    ///   - address: the service.
    ///   - deadline: when to give up, whatever stage it is at.
    ///   - limit: the most bytes taken, head and body together.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `HTTPFailure`
    package static func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        to address: HTTPAddress,
        by deadline: DispatchTime,
        limit: Int = 1 << 20
    ) throws(HTTPFailure) -> HTTPAnswer {
        let now = DispatchTime.now()
        guard now < deadline else { throw HTTPFailure(.timedOut, "\(address): no time left") }
        let left = deadline.uptimeNanoseconds - now.uptimeNanoseconds
        let time = min(.nanoseconds(Int64(clamping: left)), longestTime)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: HTTPAnswer.self)
        let late = loop.scheduleTask(in: time) {
            answer.fail(HTTPFailure(.timedOut, "\(address): no answer in time"))
        }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(time)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, (method, path), address, limit, answer)
                }
            }
        let connected = connect(bootstrap, to: address)
        connected.whenFailure { error in
            answer.fail(HTTPFailure(.unreachable, "\(address): \(error)"))
        }
        answer.futureResult.whenComplete { _ in
            late.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        do {
            return try answer.futureResult.wait()
        } catch let failure as HTTPFailure {
            throw failure
        } catch {
            throw HTTPFailure(.broken, "\(address): \(error)")
        }
    }

    private static func connect(
        _ bootstrap: ClientBootstrap,
        to address: HTTPAddress
    ) -> EventLoopFuture<any Channel> {
        switch address {
        case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
        case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    private static func prepare(
        _ channel: any Channel,
        _ request: (HTTPRequest.Method, String),
        _ address: HTTPAddress,
        _ limit: Int,
        _ answer: EventLoopPromise<HTTPAnswer>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteLimit(limit, address, answer))
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(AnswerCollector(request, address, answer))
    }
}

/// Why there is no answer.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case unreachable
        case timedOut
        case tooLarge
        case broken
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// Ends the connection when the service sends more than was agreed to take.
private final class ByteLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: Int
    private let address: HTTPAddress
    private let answer: EventLoopPromise<HTTPAnswer>
    private var received = 0

    init(_ limit: Int, _ address: HTTPAddress, _ answer: EventLoopPromise<HTTPAnswer>) {
        self.limit = limit
        self.address = address
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        if received > limit {
            answer.fail(HTTPFailure(.tooLarge, "\(address): an answer over \(limit) bytes"))
        } else {
            context.fireChannelRead(data)
        }
    }
}

/// Sends the request and puts the parts of its answer together.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: (method: HTTPRequest.Method, path: String)
    private let address: HTTPAddress
    private let answer: EventLoopPromise<HTTPAnswer>
    private var collected = HTTPAnswer(contentType: "", body: [])

    init(
        _ request: (HTTPRequest.Method, String),
        _ address: HTTPAddress,
        _ answer: EventLoopPromise<HTTPAnswer>
    ) {
        self.request = request
        self.address = address
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        var host = address.description
        if case .unix = address { host = "localhost" }
        var headers: HTTPHeaders = ["Host": host, "Connection": "close"]
        if request.method == .post { headers.add(name: "Content-Length", value: "0") }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: request.method == .post ? .POST : .GET,
            uri: request.path,
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            collected.status = Int(head.status.code)
            collected.contentType = head.headers.first(name: "Content-Type") ?? ""
        case .body(let bytes): collected.body.append(contentsOf: bytes.readableBytesView)
        case .end: answer.succeed(collected)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(HTTPFailure(.broken, "\(address): the connection ended without an answer"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(HTTPFailure(.broken, "\(address): \(error)"))
        context.close(promise: nil)
    }
}
