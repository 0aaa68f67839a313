import NIOCore
import NIOHTTP1

/// Answers the requests of one connection with what the service's routes say.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let requests: RequestGuard
    private let connections: Connections
    private let responder: HTTPResponder
    private var head: HTTPRequestHead?

    init(
        requests: RequestGuard,
        connections: Connections,
        responder: HTTPResponder
    ) {
        self.requests = requests
        self.connections = connections
        self.responder = responder
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
            respond(to: head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard let method = method(of: head) else {
            let text = responder.takesPosts ? "only GET, HEAD and POST\n" : "only GET and HEAD\n"
            send(.text(text, status: 405), to: head, context)
            return
        }
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        responder.respond(HTTPRequest(method, target: head.uri)) { answer in
            if loop.inEventLoop {
                bound.value.handler.send(answer, to: head, bound.value.context)
            } else {
                loop.execute { bound.value.handler.send(answer, to: head, bound.value.context) }
            }
        }
    }

    private func method(of head: HTTPRequestHead) -> HTTPRequest.Method? {
        switch head.method {
        case .GET, .HEAD: .get
        case .POST where responder.takesPosts: .post
        default: nil
        }
    }

    private var allowed: String { responder.takesPosts ? "GET, HEAD, POST" : "GET, HEAD" }

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
        if answer.status == 405 { headers.add(name: "Allow", value: allowed) }
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
