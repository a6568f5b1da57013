import NIOCore

/// One half of a relay between two channels on the same event loop: what one reads, the other writes.
///
/// Back pressure is by reads: a side is read again only when what it brought has been written to the other. An end of
/// input on one side ends the output of the other; the relay is over when both directions are, or either one failed.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var partner: RelayHandler?
    private var context: ChannelHandlerContext?

    private init() {}

    /// Two halves that know each other.
    static func pair() -> (RelayHandler, RelayHandler) {
        let first = RelayHandler()
        let second = RelayHandler()
        first.partner = second
        second.partner = first
        return (first, second)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let other = partner?.context else { return }
        other.writeAndFlush(data).assumeIsolated().whenComplete { result in
            switch result {
            case .success: context.read()
            case .failure: context.close(promise: nil)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            partner?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
