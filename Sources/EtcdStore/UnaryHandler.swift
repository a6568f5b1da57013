import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Does what a ``UnaryConnection`` says with the frames of one HTTP/2 connection. Stands right behind the HTTP/2 handler:
/// there is no channel for each stream, which would be most of what a call costs.
final class UnaryHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundIn = Never
    typealias OutboundOut = HTTP2Frame

    private static let second = TimeAmount.seconds(1)

    private let authority: String
    private let scheme: String
    /// Succeeds when the other end has said that it speaks HTTP/2; fails when it does not come to that.
    private let ready: EventLoopPromise<Void>
    /// Succeeds when the connection takes no more calls.
    private let retired: EventLoopPromise<Void>
    private var connection = UnaryConnection<UnaryCall>(largestMessage: EtcdMember.largestMessage)
    private var context: ChannelHandlerContext?
    private var timer: RepeatedTask?
    private var reason = "the connection was closed"
    /// The stream that the HTTP/2 handler has just reset for an error, which it tells next.
    private var streamInError: Int32?
    /// The request headers of each method, so that they are made once.
    private var headers: [HeaderKey: HPACKHeaders] = [:]

    private struct HeaderKey: Hashable {
        let path: String
        let requiresLeader: Bool
    }

    init(
        endpoint: EtcdEndpoint, ready: EventLoopPromise<Void>, retired: EventLoopPromise<Void>
    ) {
        authority = endpoint.authority
        scheme = endpoint.isSecure ? "https" : "http"
        self.ready = ready
        self.retired = retired
    }

    func start(_ call: UnaryCall) {
        // Nobody would give it up any more, and the member would do it for nobody.
        guard !call.hasEnded else { return }
        guard let context, let stream = connection.start(call) else {
            let error = RPCError(code: .unavailable, message: reason)
            return call.end(.failure(UnaryFailure(error: error, mayHaveEffect: false)))
        }
        let id = HTTP2StreamID(stream)
        let headers = HTTP2Frame.FramePayload.headers(.init(headers: headers(for: call.request)))
        let data = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(call.request.bytes), endStream: true))
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: headers)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: id, payload: data)), promise: nil)
        if connection.isRetired { retired.succeed() }
    }

    func cancel(_ call: UnaryCall) {
        perform(connection.cancel(call))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.second, delay: Self.second) { _ in
            bound.value.perform(bound.value.connection.tick())
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        perform(connection.windowIs(Int(UInt16.max)))
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other calls of the connection go on.
        if let error = error as? NIOHTTP2Errors.StreamError {
            return fail(Int32(Int(error.streamID)), error.baseError)
        }
        if let stream = streamInError {
            streamInError = nil
            return fail(stream, error)
        }
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.heard()
        let frame = unwrapInboundIn(data)
        let stream = Int32(Int(frame.streamID))
        switch frame.payload {
        case .headers(let content):
            perform(connection.received(AnswerHeaders(content.headers), stream: stream, isLast: content.endStream))
        case .data(let content):
            guard case .byteBuffer(let bytes) = content.data else { return }
            perform(connection.received(bytes, stream: stream, isLast: content.endStream))
        case .rstStream(let code):
            perform(
                connection.streamClosed(
                    stream, isRefused: code == .refusedStream, reason: "the member has ended the call: \(code)"))
        case .goAway(let last, let code, _):
            reason = "the member closes the connection: \(code)"
            perform(connection.goneAway(after: Int32(Int(last)), reason: reason))
        case .settings:
            ready.succeed()
        case .ping, .priority, .windowUpdate, .pushPromise, .alternativeService, .origin:
            break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent where event.streamID == .rootStream:
            if let size = event.inboundWindowSize { perform(connection.windowIs(size)) }
        case let event as StreamClosedEvent where event.reason != nil:
            perform(
                connection.streamClosed(
                    Int32(Int(event.streamID)), isRefused: false, reason: "the call's stream was closed"))
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func fail(_ stream: Int32, _ error: any Error) {
        perform(connection.streamClosed(stream, isRefused: false, reason: "\(error)"))
    }

    private func end() {
        perform(connection.closed(reason: reason))
        ready.fail(RPCError(code: .unavailable, message: reason))
        retired.succeed()
    }

    private func perform(_ actions: [UnaryConnection<UnaryCall>.Action]) {
        for action in actions {
            switch action {
            case .complete(let call, let answer): call.end(answer)
            case .reset(let stream):
                send(.rstStream(.cancel), on: HTTP2StreamID(stream))
                streamInError = nil
            case .enlargeWindow(let size): send(.windowUpdate(windowSizeIncrement: size), on: .rootStream)
            case .ping: send(.ping(HTTP2PingData(withInteger: 0), ack: false), on: .rootStream)
            case .close: context?.close(promise: nil)
            }
        }
        if connection.isRetired { retired.succeed() }
    }

    private func send(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID) {
        context?.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    private func headers(for request: UnaryRequest) -> HPACKHeaders {
        let key = HeaderKey(path: request.path, requiresLeader: request.requiresLeader)
        if let made = headers[key] { return made }
        var made: HPACKHeaders = [
            ":method": "POST", ":scheme": scheme, ":path": request.path, ":authority": authority, "te": "trailers",
            "content-type": "application/grpc", "user-agent": "skein",
        ]
        if request.requiresLeader { made.add(name: "hasleader", value: "true") }
        headers[key] = made
        return made
    }
}

/// An error in what came on a stream is told without the number of the stream. But the stream is reset before it, as the
/// connection is ended before an error of its own.
extension UnaryHandler: NIOHTTP2FrameDelegate {
    func wroteFrame(_ frame: HTTP2Frame) {
        guard case .rstStream = frame.payload else { return }
        streamInError = Int32(Int(frame.streamID))
    }
}

extension AnswerHeaders {
    init(_ headers: HPACKHeaders) {
        for (name, value, _) in headers {
            switch name {
            case ":status": httpStatus = value
            case "content-type": contentType = value
            case "grpc-status": status = value
            case "grpc-message": message = value
            default: break
            }
        }
    }
}
