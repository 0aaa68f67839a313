import NIOCore
import NIOHTTP1

/// Answers the requests of one connection with what the service's routes say.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let requests: RequestGuard
    private let connections: Connections
    private let route: @Sendable (String) -> HTTPAnswer
    private var head: HTTPRequestHead?

    init(
        requests: RequestGuard,
        connections: Connections,
        route: @escaping @Sendable (String) -> HTTPAnswer
    ) {
        self.requests = requests
        self.connections = connections
        self.route = route
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            // Answers that the client does not take must not pile up.
            guard context.channel.isWritable else {
                context.close(promise: nil)
                return
            }
            requests.requestDidEnd(context)
            send(answer(to: head), to: head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(to head: HTTPRequestHead) -> HTTPAnswer {
        switch head.method {
        case .GET, .HEAD: route(String(head.uri.prefix { $0 != "?" && $0 != "#" }))
        default: .text("only GET and HEAD\n", status: 405)
        }
    }

    private func send(
        _ answer: HTTPAnswer,
        to head: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        let keepsOpen = head.isKeepAlive && answer.status != 405 && !connections.isDraining
        var headers: HTTPHeaders = [
            "Content-Type": answer.contentType,
            "Content-Length": String(answer.body.count),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        if answer.status == 405 { headers.add(name: "Allow", value: "GET, HEAD") }
        if !keepsOpen {
            headers.add(name: "Connection", value: "close")
        } else if head.version == .http1_0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let status = HTTPResponseStatus(statusCode: answer.status)
        let version = head.version == .http1_0 ? HTTPVersion.http1_0 : .http1_1
        let response = HTTPResponseHead(version: version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD && !answer.body.isEmpty {
            let body = ByteBuffer(bytes: answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let sent = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        sent.assumeIsolated().whenComplete { result in
            guard case .success = result, keepsOpen else {
                context.close(promise: nil)
                return
            }
            self.requests.answerDidEnd(context)
        }
    }
}
