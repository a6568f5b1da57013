import NIOCore

/// Answers HTTP/2 PING frames before the HTTP/2 handler sees them, and not at once.
///
/// A grpc-go server such as etcd probes the bandwidth with a PING whenever a request comes and the last PING has been
/// answered: one for about every call, each with packets of its own in both directions. As long as an answer is due there
/// is no other PING, so an answer that waits for ``delay`` bounds their number. Nobody waits for it: the estimate only makes windows larger, and a server that asks for a sign of life
/// allows 20 s.
///
/// Besides, swift-nio-http2 takes more than 200 PINGs in 30 seconds for an attack and closes the connection, and
/// grpc-swift-nio-transport has no setting for that limit. So this handler stands between the socket (or TLS) and the HTTP/2 handler, cuts the stream of bytes
/// into frames, answers each PING itself and passes all else on unchanged, acknowledgements of our own PINGs included.
final class PingResponder: ChannelInboundHandler {
    /// How long an answer waits: four PINGs a second are no load.
    static let delay = TimeAmount.milliseconds(250)

    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let headerLength = 9
    private static let pingLength = 8
    private static let pingType: UInt8 = 6
    private static let acknowledgement: UInt8 = 1

    /// Bytes of the current frame's payload that are still to come.
    private var payloadBytes = 0
    /// The beginning of a frame that is too short to tell what it is: less than a PING.
    private var held: ByteBuffer?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        if var begun = held {
            held = nil
            begun.writeBuffer(&input)
            input = begun
        }
        var cursor = input.readerIndex
        while cursor < input.writerIndex {
            if payloadBytes > 0 {
                let step = min(payloadBytes, input.writerIndex - cursor)
                payloadBytes -= step
                cursor += step
                continue
            }
            guard let frame = FrameHeader(input, at: cursor) else { break }
            guard frame.isPing else {
                cursor += Self.headerLength
                payloadBytes = frame.length
                continue
            }
            let end = cursor + Self.headerLength + Self.pingLength
            guard end <= input.writerIndex,
                let payload = input.getSlice(at: cursor + Self.headerLength, length: Self.pingLength)
            else { break }
            pass(&input, upTo: cursor, context: context)
            answer(payload, context: context)
            input.moveReaderIndex(to: end)
            cursor = end
        }
        pass(&input, upTo: cursor, context: context)
        if input.readableBytes > 0 { held = input }
    }

    private func pass(_ input: inout ByteBuffer, upTo end: Int, context: ChannelHandlerContext) {
        guard end > input.readerIndex, let part = input.readSlice(length: end - input.readerIndex) else { return }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func answer(_ payload: ByteBuffer, context: ChannelHandlerContext) {
        var frame = context.channel.allocator.buffer(capacity: Self.headerLength + Self.pingLength)
        frame.writeBytes([0, 0, UInt8(Self.pingLength), Self.pingType, Self.acknowledgement, 0, 0, 0, 0])
        frame.writeImmutableBuffer(payload)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.delay) { [frame] in
            // The connection may have ended meanwhile.
            guard let context = bound.value.context else { return }
            context.writeAndFlush(bound.value.wrapOutboundOut(frame), promise: nil)
        }
    }

    /// What the first nine bytes of a frame say.
    private struct FrameHeader {
        let length: Int
        /// A PING that asks for an answer. One of a wrong length is left to the HTTP/2 handler, which closes.
        let isPing: Bool

        init?(_ buffer: ByteBuffer, at index: Int) {
            guard buffer.writerIndex - index >= PingResponder.headerLength,
                let high = buffer.getInteger(at: index, as: UInt8.self),
                let low = buffer.getInteger(at: index + 1, as: UInt16.self),
                let type = buffer.getInteger(at: index + 3, as: UInt8.self),
                let flags = buffer.getInteger(at: index + 4, as: UInt8.self)
            else { return nil }
            length = Int(high) << 16 | Int(low)
            isPing =
                type == PingResponder.pingType && flags & PingResponder.acknowledgement == 0
                && length == PingResponder.pingLength
        }
    }
}
