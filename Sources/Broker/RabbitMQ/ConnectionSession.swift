import Foundation

/// The life of one connection: declares, subscribes, then moves messages until the connection breaks or the broker
/// object is closed. Runs on the connection's own thread, since librabbitmq blocks.
final class ConnectionSession {
    /// Channel 1 declares, channel 2 publishes, consumers have one each from 3 on, so that a mistake of one, which
    /// closes its channel, harms no other.
    private static let declaring: UInt16 = 1
    private static let publishing: UInt16 = 2
    private static let firstConsumer: UInt16 = 3
    /// How many messages are sent, or frames read, before the other direction gets its turn.
    private static let turn = 256
    private static let resubscribePause = Duration.seconds(1)
    /// How long outstanding confirms may still come before the publishing channel is renewed, and how long a renewed
    /// one is kept at least.
    private static let renewalPause = Duration.seconds(1)

    private struct Consumer {
        let id: Int
        let subscription: Subscription
        let source: DeliverySource
        var tags = DeliveryTags()
        /// When to subscribe again after the broker has closed the channel; nil while it consumes.
        var retryAt: ContinuousClock.Instant?
    }

    private let connection: AMQPConnection
    private let desk: ConnectionDesk
    private let limits: BrokerLimits
    private let epoch: Int
    private var consumers: [UInt16: Consumer] = [:]
    private var contents: [UInt16: IncomingContent] = [:]
    private var isBlocked = false
    /// When the broker first answered with a negative confirm on this publishing channel.
    private var refusedAt: ContinuousClock.Instant?
    private var publishingSince = ContinuousClock.now

    init(_ connection: AMQPConnection, _ desk: ConnectionDesk, limits: BrokerLimits, epoch: Int) {
        self.connection = connection
        self.desk = desk
        self.limits = limits
        self.epoch = epoch
    }

    /// Works until the broker object is closed.
    ///
    /// - Throws: when the connection breaks.
    func run() throws(AMQPFailure) {
        desk.setSocket(connection.descriptor)
        defer { desk.setSocket(nil) }
        try connection.openChannel(Self.declaring)
        if let failure = try declare(desk.topology) { desk.feed.failed(failure) }
        try openPublishing()
        for (id, entry) in desk.subscriptions { try subscribe(id, entry.subscription, entry.source) }
        desk.connected(to: connection.endpoint.description, cluster: connection.clusterName)
        while !desk.mustEnd {
            try handleRequests()
            try subscribeAgain()
            let mustWaitForSocket = try send()
            let hasMore = try receive()
            connection.releaseBuffers()
            let isHurried = desk.isClosing || refusedAt != nil
            let pause: Duration =
                hasMore || desk.hasRequests ? .zero : isHurried ? .milliseconds(50) : limits.heartbeat / 2
            desk.wakeup.wait(socket: connection.descriptor, wantsToWrite: mustWaitForSocket, atMost: pause)
        }
        // What was settled just before the broker object was closed.
        try handleRequests()
        connection.close()
    }

    // MARK: - Declaring

    /// Declares everything, and goes on after a refusal.
    ///
    /// - Returns: the first refusal in words.
    private func declare(_ topology: BrokerTopology) throws(AMQPFailure) -> String? {
        var refusal: String?
        for exchange in topology.exchanges {
            let result = try refusalOf { () throws(AMQPFailure) in
                try connection.declare(exchange, on: Self.declaring)
            }
            refusal = refusal ?? result
        }
        for queue in topology.queues {
            let result = try refusalOf { () throws(AMQPFailure) in try connection.declare(queue, on: Self.declaring) }
            refusal = refusal ?? result
        }
        for binding in topology.bindings {
            let result = try refusalOf { () throws(AMQPFailure) in try connection.declare(binding, on: Self.declaring) }
            refusal = refusal ?? result
        }
        return refusal
    }

    /// Why the broker refused; then the channel, which the broker has closed with it, is open again.
    private func refusalOf(_ declaration: () throws(AMQPFailure) -> Void) throws(AMQPFailure) -> String? {
        do {
            try declaration()
            return nil
        } catch {
            guard case .channel(let channel) = error.scope else { throw error }
            try connection.confirmChannelClose(channel)
            try connection.openChannel(channel)
            return error.message
        }
    }

    // MARK: - Publishing

    private func openPublishing() throws(AMQPFailure) {
        try connection.openChannel(Self.publishing)
        try connection.selectConfirms(Self.publishing)
        publishingSince = ContinuousClock.now
        refusedAt = nil
    }

    /// Makes a new publishing channel after negative confirms.
    ///
    /// RabbitMQ (seen with 3.10) goes on refusing on a channel whose first message for a quorum queue met a leader that
    /// had just died, also when the queue has long had a new one; on another channel the same message is taken.
    ///
    /// - Returns: whether sending has to wait, so that what is outstanding gets its confirm before.
    private func renewPublishing() throws(AMQPFailure) -> Bool {
        let now = ContinuousClock.now
        guard let refusedAt, publishingSince.duration(to: now) > Self.renewalPause else { return false }
        guard desk.outstanding == 0 || refusedAt.duration(to: now) > Self.renewalPause else { return true }
        try connection.closeChannel(Self.publishing)
        contents[Self.publishing] = nil
        desk.channelLost("the publishing channel was renewed after negative confirms")
        try openPublishing()
        return false
    }

    /// Sends what waits.
    ///
    /// - Returns: whether more waits for the socket to become writable.
    private func send() throws(AMQPFailure) -> Bool {
        guard !isBlocked, try !renewPublishing() else { return false }
        for _ in 0..<Self.turn {
            // A call into the library blocks while the socket is full.
            guard Wakeup.isWritable(connection.descriptor) else { return true }
            guard let message = desk.takeMessage() else { return false }
            try connection.publish(message, on: Self.publishing)
        }
        return true
    }

    // MARK: - Consuming

    private func subscribe(_ id: Int, _ subscription: Subscription, _ source: DeliverySource) throws(AMQPFailure) {
        guard !consumers.values.contains(where: { $0.id == id }),
            let channel = (Self.firstConsumer...2000).first(where: { consumers[$0] == nil })
        else { return }
        consumers[channel] = Consumer(id: id, subscription: subscription, source: source)
        try startConsumer(on: channel)
    }

    private func startConsumer(on channel: UInt16) throws(AMQPFailure) {
        guard let subscription = consumers[channel]?.subscription else { return }
        do {
            try connection.openChannel(channel)
            try connection.consume(subscription, on: channel)
            consumers[channel]?.retryAt = nil
        } catch {
            guard error.scope == .channel(channel) else { throw error }
            try connection.confirmChannelClose(channel)
            consumerStopped(channel, error.message)
        }
    }

    private func consumerStopped(_ channel: UInt16, _ reason: String) {
        desk.feed.failed(reason)
        contents[channel] = nil
        consumers[channel]?.tags = DeliveryTags()
        consumers[channel]?.source.clear()
        consumers[channel]?.retryAt = ContinuousClock.now + Self.resubscribePause
    }

    private func subscribeAgain() throws(AMQPFailure) {
        let now = ContinuousClock.now
        let due = consumers.filter { $0.value.retryAt.map { $0 <= now } ?? false }.keys
        guard !due.isEmpty else { return }
        // Most likely the queue is missing.
        if let refusal = try declare(desk.topology) { desk.feed.failed(refusal) }
        for channel in due { try startConsumer(on: channel) }
    }

    private func unsubscribe(_ id: Int) throws(AMQPFailure) {
        guard let (channel, consumer) = consumers.first(where: { $0.value.id == id }) else { return }
        try acknowledge(on: channel)
        consumers[channel] = nil
        contents[channel] = nil
        // Closing the channel gives what is unsettled back to the queue.
        if consumer.retryAt == nil { try connection.closeChannel(channel) }
    }

    // MARK: - Requests

    private func handleRequests() throws(AMQPFailure) {
        for request in desk.takeRequests() { try handle(request) }
        for channel in consumers.keys { try acknowledge(on: channel) }
    }

    private func handle(_ request: ConnectionDesk.Request) throws(AMQPFailure) {
        switch request {
        case .declare(let id, let topology):
            let refusal = try declare(topology)
            desk.answer(declaration: id, refusal.map { .failure(BrokerError(.refused, $0)) } ?? .success(()))
        case .subscribe(let id):
            guard let entry = desk.subscriptions[id] else { return }
            try subscribe(id, entry.subscription, entry.source)
        case .unsubscribe(let id):
            try unsubscribe(id)
        case .settle(let id, let epoch, let tag, let settlement):
            guard epoch == self.epoch, let channel = consumers.first(where: { $0.value.id == id })?.key else { return }
            switch settlement {
            case .acknowledged: consumers[channel]?.tags.acknowledged(tag)
            case .rejected(let requeue):
                guard consumers[channel]?.tags.rejected(tag) == true else { return }
                try connection.reject(tag, on: channel, requeue: requeue)
            }
        }
    }

    private func acknowledge(on channel: UInt16) throws(AMQPFailure) {
        for acknowledgement in consumers[channel]?.tags.takeAcknowledgements() ?? [] {
            try connection.acknowledge(acknowledgement, on: channel)
        }
    }

    // MARK: - Receiving

    /// Handles what has arrived.
    ///
    /// - Returns: whether there may be more.
    private func receive() throws(AMQPFailure) -> Bool {
        for _ in 0..<Self.turn {
            guard let frame = try connection.nextFrame() else { return false }
            try handle(frame)
        }
        return true
    }

    private func handle(_ frame: AMQPFrame) throws(AMQPFailure) {
        switch frame {
        case .confirm(_, let tag, let multiple, let isPositive):
            desk.confirmed(tag, multiple: multiple, isPositive: isPositive)
            if !isPositive { refusedAt = refusedAt ?? ContinuousClock.now }
        case .deliver(let channel, let tag, let redelivered, let exchange, let routingKey):
            contents[channel] = IncomingContent(
                opening: .deliver(tag: tag, redelivered: redelivered, exchange: exchange, routingKey: routingKey))
        case .returned(let channel, let text, let exchange, let routingKey):
            contents[channel] = IncomingContent(
                opening: .returned(text: text, exchange: exchange, routingKey: routingKey))
        case .header(let channel, let size, let properties):
            let limit = limits.bodyBytes
            if contents[channel]?.header(size: size, properties: properties, limit: limit) == true {
                try complete(channel)
            }
        case .body(let channel, let bytes):
            if contents[channel]?.append(bytes) == true { try complete(channel) }
        case .blocked(let reason):
            isBlocked = true
            desk.feed.update { $0.blocked = reason.isEmpty ? "no reason given" : reason }
        case .unblocked:
            isBlocked = false
            desk.feed.update { $0.blocked = nil }
        case .cancel(let channel):
            try connection.closeChannel(channel)
            consumerStopped(channel, "the broker ended the consumer of its queue")
        case .channelClose(let channel, let code, let text):
            try channelClosed(channel, "\(code) \(text)")
        case .connectionClose(let code, let text):
            throw .connection("closed by the broker: \(code) \(text)")
        case .other:
            break
        }
    }

    private func channelClosed(_ channel: UInt16, _ reason: String) throws(AMQPFailure) {
        try connection.confirmChannelClose(channel)
        contents[channel] = nil
        switch channel {
        case Self.declaring:
            try connection.openChannel(Self.declaring)
        case Self.publishing:
            desk.feed.failed(reason)
            desk.channelLost(reason)
            if let refusal = try declare(desk.topology) { desk.feed.failed(refusal) }
            try openPublishing()
        default:
            consumerStopped(channel, reason)
        }
    }

    private func complete(_ channel: UInt16) throws(AMQPFailure) {
        guard let content = contents.removeValue(forKey: channel) else { return }
        switch content.opening {
        case .returned(let text, let exchange, let routingKey):
            desk.returned(
                exchange: exchange, routingKey: routingKey, messageID: content.properties.messageID, text: text)
        case .deliver(let tag, let redelivered, let exchange, let routingKey):
            guard let consumer = consumers[channel] else { return }
            guard !content.isTooLarge else {
                desk.feed.failed("a message of more than \(limits.bodyBytes) bytes was dropped")
                return try connection.reject(tag, on: channel, requeue: false)
            }
            consumers[channel]?.tags.delivered(tag)
            let (id, epoch) = (consumer.id, self.epoch)
            consumer.source.add(
                Delivery(
                    exchange: exchange, routingKey: routingKey, body: content.body,
                    contentType: content.properties.contentType, contentEncoding: content.properties.contentEncoding,
                    messageID: content.properties.messageID, redelivered: redelivered
                ) { [weak desk] settlement in
                    desk?.settle(subscription: id, epoch: epoch, tag: tag, settlement)
                })
        }
    }
}
