import Foundation
import Synchronization

/// A broker inside the process: for the embedded controller, and for tests without an engine.
///
/// It does what RabbitMQ does with the features that ``MessageBroker`` has, and can play the faults: away, blocked,
/// connection lost. A queue keeps at most ``queueLimit`` messages and then drops the oldest, since nothing may grow
/// without end in an embedded controller that nobody listens to. Unused queues stay as long as the process.
package final class InMemoryBroker: MessageBroker {
    /// What the broker does with publishes.
    package enum Condition: Hashable, Sendable {
        case serving
        /// Connected, but it takes no messages, with the reason.
        case blocked(String)
        case away
    }

    private struct Content {
        var condition = Condition.serving
        var closed = false
        var topology = BrokerTopology()
        var queues: [String: InMemoryQueue] = [:]
        var consumers: [Int: (queue: String, prefetch: Int, source: DeliverySource)] = [:]
        var nextID = 1
        /// Calls that wait for the broker to serve again.
        var waiting: [Int: (isPublish: Bool, continuation: CheckedContinuation<Void, Never>)] = [:]
    }

    private let content = Mutex(Content())
    private let feed = StateFeed()
    private let limits: BrokerLimits
    private let queueLimit: Int

    /// - Parameter queueLimit: how many messages a queue keeps.
    package init(limits: BrokerLimits = BrokerLimits(), queueLimit: Int = 10_000) {
        self.limits = limits
        self.queueLimit = queueLimit
        connected()
    }

    package var state: BrokerState {
        var state = feed.current
        state.publishing = content.withLock { $0.waiting.count { $0.value.isPublish } }
        return state
    }

    package func states() -> AsyncStream<BrokerState> { feed.follow() }

    /// Plays a fault, or its end. Consumers lose their unsettled deliveries when the broker goes away.
    package func set(_ condition: Condition) {
        let waiting = content.withLock { content -> [CheckedContinuation<Void, Never>] in
            content.condition = condition
            if condition == .away { Self.loseConnection(&content) }
            guard condition == .serving else { return [] }
            defer { content.waiting = [:] }
            return content.waiting.values.map(\.continuation)
        }
        switch condition {
        case .serving: connected()
        case .blocked(let reason): feed.update { $0.blocked = reason }
        case .away:
            feed.update { state in
                state.phase = .connecting
                state.endpoint = nil
                state.blocked = nil
                state.lastError = "the broker is away"
                state.lastErrorAt = Date()
            }
        }
        for continuation in waiting { continuation.resume() }
        deliverAll()
    }

    /// Plays the loss of the connection: it is back at once, and what was not settled comes again.
    package func dropConnection() {
        set(.away)
        set(.serving)
    }

    /// How many messages wait in a queue, not counting those on their way; nil when there is no such queue.
    package func depth(of queue: String) -> Int? {
        content.withLock { $0.queues[queue]?.ready.count }
    }

    package func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        try keep(topology)
        try await waitUntilServing(deadline: deadline, isPublish: false)
    }

    package func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        guard message.body.count <= limits.bodyBytes else {
            throw BrokerError(
                .invalid, "a body of \(message.body.count) bytes; at most \(limits.bodyBytes) are allowed")
        }
        try await waitUntilServing(deadline: deadline, isPublish: true)
        let result = content.withLock { content -> Result<Void, BrokerError> in
            if content.closed { return .failure(BrokerError(.closed, "the broker is closed")) }
            guard let queues = Self.route(message, content) else {
                return .failure(BrokerError(.invalid, "exchange \"\(message.exchange)\" was never declared"))
            }
            if queues.isEmpty, message.mandatory {
                return .failure(BrokerError(.unroutable, "no queue of exchange \"\(message.exchange)\" takes it"))
            }
            for name in queues {
                guard let handouts = content.queues[name]?.append(message) else { continue }
                deliver(handouts, of: name, content)
            }
            return .success(())
        }
        try result.get()
    }

    package func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        let source = DeliverySource()
        let id = content.withLock { content -> Int in
            let id = content.nextID
            content.nextID += 1
            guard !content.closed else {
                source.end()
                return id
            }
            content.consumers[id] = (subscription.queue, subscription.prefetch, source)
            let handouts = content.queues[subscription.queue]?.add(consumer: id, prefetch: subscription.prefetch) ?? []
            if content.condition != .away { deliver(handouts, of: subscription.queue, content) }
            return id
        }
        return DeliveryReader.stream(of: source) { [weak self] in self?.cancel(id) }
    }

    package func close() async {
        let (consumers, waiting) = content.withLock { content in
            content.closed = true
            defer {
                content.consumers = [:]
                content.waiting = [:]
            }
            return (content.consumers.values.map(\.source), content.waiting.values.map(\.continuation))
        }
        for source in consumers { source.end() }
        for continuation in waiting { continuation.resume() }
        feed.update { state in
            state.phase = .closed
            state.endpoint = nil
        }
    }

    // MARK: - Inside

    private func connected() {
        feed.update { state in
            if state.phase != .connected { state.connections += 1 }
            state.phase = .connected
            state.endpoint = "memory"
            state.blocked = nil
        }
    }

    private func keep(_ topology: BrokerTopology) throws(BrokerError) {
        let result = content.withLock { content -> Result<Void, BrokerError> in
            for exchange in topology.exchanges {
                if let old = content.topology.exchanges.first(where: { $0.name == exchange.name }), old != exchange {
                    return .failure(BrokerError(.refused, "exchange \"\(exchange.name)\" exists with other properties"))
                }
            }
            for queue in topology.queues {
                if let old = content.queues[queue.name], old.declaration != queue {
                    return .failure(BrokerError(.refused, "queue \"\(queue.name)\" exists with other properties"))
                }
            }
            content.topology.merge(topology)
            for queue in topology.queues where content.queues[queue.name] == nil {
                var made = InMemoryQueue(declaration: queue, limit: queueLimit)
                for (id, consumer) in content.consumers where consumer.queue == queue.name {
                    _ = made.add(consumer: id, prefetch: consumer.prefetch)
                }
                content.queues[queue.name] = made
            }
            return .success(())
        }
        try result.get()
    }

    /// The queues that get the message, or nil when the exchange does not exist.
    private static func route(_ message: OutgoingMessage, _ content: Content) -> [String]? {
        if message.exchange.isEmpty {
            return content.queues[message.routingKey] == nil ? [] : [message.routingKey]
        }
        guard let exchange = content.topology.exchanges.first(where: { $0.name == message.exchange }) else {
            return nil
        }
        var queues: [String] = []
        for binding in content.topology.bindings where binding.exchange == exchange.name {
            let matches =
                switch exchange.kind {
                case .fanout: true
                case .direct: binding.routingKey == message.routingKey
                case .topic: TopicPattern(binding.routingKey).matches(message.routingKey)
                }
            if matches, !queues.contains(binding.queue) { queues.append(binding.queue) }
        }
        return queues
    }

    private func deliver(_ handouts: [InMemoryQueue.Handout], of queue: String, _ content: Content) {
        for handout in handouts {
            let message = handout.message.message
            content.consumers[handout.consumer]?.source.add(
                Delivery(
                    exchange: message.exchange, routingKey: message.routingKey, body: message.body,
                    contentType: message.contentType, contentEncoding: message.contentEncoding,
                    messageID: message.messageID, redelivered: handout.message.redelivered
                ) { [weak self] settlement in
                    self?.settle(handout.tag, of: handout.consumer, in: queue, settlement)
                })
        }
    }

    private func deliverAll() {
        content.withLock { content in
            guard content.condition != .away else { return }
            for name in Array(content.queues.keys) {
                guard let handouts = content.queues[name]?.handOut() else { continue }
                deliver(handouts, of: name, content)
            }
        }
    }

    private func settle(_ tag: UInt64, of consumer: Int, in queue: String, _ settlement: Settlement) {
        content.withLock { content in
            guard let handouts = content.queues[queue]?.settle(tag, of: consumer, settlement) else { return }
            deliver(handouts, of: queue, content)
        }
    }

    private func cancel(_ consumer: Int) {
        content.withLock { content in
            guard let queue = content.consumers.removeValue(forKey: consumer)?.queue,
                let handouts = content.queues[queue]?.remove(consumer: consumer)
            else { return }
            deliver(handouts, of: queue, content)
        }
    }

    private static func loseConnection(_ content: inout Content) {
        for consumer in content.consumers.values { consumer.source.clear() }
        for name in Array(content.queues.keys) { content.queues[name]?.giveBackAll() }
    }

    /// Waits until the broker takes such a call; one that is blocked takes no publishes.
    private func waitUntilServing(deadline: Duration, isPublish: Bool) async throws(BrokerError) {
        let (id, closed) = content.withLock { content -> (Int?, Bool) in
            if content.closed { return (nil, true) }
            switch content.condition {
            case .serving: return (nil, false)
            case .blocked where !isPublish: return (nil, false)
            case .blocked, .away:
                content.nextID += 1
                return (content.nextID, false)
            }
        }
        if closed { throw BrokerError(.closed, "the broker is closed") }
        guard let id else { return }
        let timer = Task { [weak self] in
            try? await Task.sleep(for: deadline)
            self?.content.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume()
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let serves = content.withLock { content in
                    if content.closed || content.condition == .serving || Task.isCancelled { return true }
                    content.waiting[id] = (isPublish, continuation)
                    return false
                }
                if serves { continuation.resume() }
            }
        } onCancel: {
            timer.cancel()
        }
        let (condition, isClosed) = content.withLock { ($0.condition, $0.closed) }
        if isClosed || Task.isCancelled { throw BrokerError(.closed, "the broker is closed, or the task is cancelled") }
        switch condition {
        case .serving: return
        case .blocked(let reason) where isPublish:
            throw BrokerError(.unavailable, "blocked for \(deadline): \(reason)")
        case .blocked: return
        case .away: throw BrokerError(.unavailable, "no connection for \(deadline)")
        }
    }
}
