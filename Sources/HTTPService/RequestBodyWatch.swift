import NIOCore
import NIOHTTP1

/// Watches the requests of a connection before they are read: a body has a limited time to come, a client that waits for
/// `100 Continue` gets it, a connection whose request was answered before its body had come is closed, and the request
/// under way learns that its client has gone.
///
/// `Expect: 100-continue` as RFC 9110, 10.1.1 has it: none for a body that will be refused for its size. Closing as RFC
/// 9112, 9.6 has it: in stages, so that the client can read the answer before it hears of the close.
final class RequestBodyWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a body may take, from its head on. Time enough for the largest over a line of 300 kbit/s.
    static let bodyTime = TimeAmount.seconds(30)
    /// How long the rest of a body that nobody wants is read, so that the client is not cut off while it writes.
    static let lingerTime = TimeAmount.seconds(2)

    /// The body did not come in time.
    struct BodyTimeout: Error {}

    private enum Reading {
        case nothing
        case body
        /// A body whose request has been answered.
        case rest
    }

    private let connection: ClientConnection
    private let bodyLimit: Int
    private let bodyTime: TimeAmount
    private var reading = Reading.nothing
    /// Requests whose answer has not ended.
    private var unanswered = 0
    private var timer: Scheduled<Void>?

    init(connection: ClientConnection, bodyLimit: Int, bodyTime: TimeAmount) {
        self.connection = connection
        self.bodyLimit = bodyLimit
        self.bodyTime = bodyTime
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .rest = reading {
            if case .end = part { context.close(promise: nil) }
            return
        }
        switch part {
        case .head(let head):
            reading = .body
            unanswered += 1
            if unanswered == 1, expectsContinue(head) {
                let response = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(response)), promise: nil)
            }
        case .body: break
        case .end:
            reading = .nothing
            stopTimer()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .body = reading, timer == nil {
            timer = schedule(in: bodyTime, context) { watch, context in
                guard case .body = watch.reading else { return }
                context.fireErrorCaught(BodyTimeout())
            }
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard case .body = reading, unanswered == 1 else { break }
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: break
        case .end:
            unanswered -= 1
            guard case .body = reading, unanswered == 0 else { break }
            reading = .rest
            stopTimer()
            timer = schedule(in: Self.lingerTime, context) { _, context in context.close(promise: nil) }
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { connection.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimer()
        connection.end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopTimer()
    }

    private func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        guard head.version == .http1_1,
            head.headers.first(name: "Expect")?.lowercased() == "100-continue"
        else { return false }
        return head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0 <= bodyLimit
    }

    private func schedule(
        in time: TimeAmount, _ context: ChannelHandlerContext,
        _ action: @escaping @Sendable (RequestBodyWatch, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time) {
            let (watch, context) = bound.value
            watch.timer = nil
            action(watch, context)
        }
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}
