import Dispatch
import Foundation
import Synchronization

/// What callers and the connection's thread share: callers leave requests here and wait, the thread takes them and
/// answers. Deadlines are kept by a timer of their own, so that they hold while the thread is inside a slow call.
final class ConnectionDesk: Sendable {
    /// A request to the thread, in order.
    enum Request: Sendable {
        case declare(id: UInt64, BrokerTopology)
        case subscribe(Int)
        case unsubscribe(Int)
        case settle(subscription: Int, epoch: Int, tag: UInt64, Settlement)
    }

    private typealias Waiter = CheckedContinuation<Result<Void, BrokerError>, Never>

    private enum Closing: Hashable {
        case not
        /// Until the instant outstanding publishes may still be confirmed.
        case flushing(until: ContinuousClock.Instant)
    }

    private struct Content {
        var ledger: PublishLedger
        var publishers: [UInt64: Waiter] = [:]
        var topology = BrokerTopology()
        var declarers: [UInt64: (deadline: ContinuousClock.Instant, waiter: Waiter)] = [:]
        var subscriptions: [Int: (subscription: Subscription, source: DeliverySource)] = [:]
        var requests: [Request] = []
        var nextID = 1
        var closing = Closing.not
        var isFinished = false
        var finishers: [CheckedContinuation<Void, Never>] = []
        var isConnected = false
        /// The descriptor of the connection, while it is open.
        var socket: Int32?
        /// When the timer goes off next.
        var alarm: ContinuousClock.Instant?
    }

    let feed = StateFeed()
    let wakeup: Wakeup
    private let content: Mutex<Content>
    private let timerQueue = DispatchQueue(label: "skein.broker.deadlines")

    init(limits: BrokerLimits) throws(BrokerError) {
        wakeup = try Wakeup()
        content = Mutex(Content(ledger: PublishLedger(limits: limits)))
    }

    // MARK: - For callers

    func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        let end = ContinuousClock.now + deadline
        let id = content.withLock { content in
            content.nextID += 1
            return UInt64(content.nextID)
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let refusal = content.withLock { content -> BrokerError? in
                    if let refusal = Self.refusal(of: message, content) { return refusal }
                    if Task.isCancelled { return BrokerError(.closed, "cancelled before it was sent") }
                    if let refusal = content.ledger.add(id, message, deadline: end) { return refusal }
                    content.publishers[id] = continuation
                    arm(end, &content)
                    return nil
                }
                if let refusal { continuation.resume(returning: .failure(refusal)) } else { wakeup.wake() }
            }
        } onCancel: {
            // When it has not begun to wait yet, it sees the cancellation itself.
            let cancelled = content.withLock { $0.ledger.cancel(id) }
            if let cancelled { resolve([cancelled]) }
        }
        try result.get()
    }

    func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        let end = ContinuousClock.now + deadline
        let result = await withCheckedContinuation { continuation in
            let isClosed = content.withLock { content in
                guard content.closing == .not else { return true }
                content.topology.merge(topology)
                let id = UInt64(content.nextID)
                content.nextID += 1
                content.declarers[id] = (end, continuation)
                content.requests.append(.declare(id: id, topology))
                arm(end, &content)
                return false
            }
            if isClosed { continuation.resume(returning: .failure(BrokerError(.closed, "the broker is closed"))) }
            wakeup.wake()
        }
        try result.get()
    }

    func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        let source = DeliverySource()
        let id = content.withLock { content in
            let id = content.nextID
            content.nextID += 1
            if content.closing == .not {
                content.subscriptions[id] = (subscription, source)
                content.requests.append(.subscribe(id))
            } else {
                source.end()
            }
            return id
        }
        wakeup.wake()
        return DeliveryReader.stream(of: source) { [weak self] in
            guard let self else { return }
            content.withLock { content in
                content.subscriptions[id] = nil
                content.requests.append(.unsubscribe(id))
            }
            wakeup.wake()
        }
    }

    func settle(subscription: Int, epoch: Int, tag: UInt64, _ settlement: Settlement) {
        content.withLock { content in
            guard content.isConnected else { return }
            content.requests.append(.settle(subscription: subscription, epoch: epoch, tag: tag, settlement))
        }
        wakeup.wake()
    }

    /// Ends the work; outstanding publishes may still be confirmed until the time is over.
    func close(flushing time: Duration) {
        content.withLock { content in
            guard content.closing == .not else { return }
            content.closing = .flushing(until: ContinuousClock.now + time)
        }
        wakeup.wake()
    }

    /// Breaks the connection, when the thread has not ended after a time: it may be inside a call that sends.
    func breakConnection(after time: Duration) {
        timerQueue.asyncAfter(deadline: .now() + .nanoseconds(time.nanoseconds)) { [weak self] in
            self?.content.withLock { content in
                if let socket = content.socket { shutdown(socket, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// Waits until the thread has ended.
    func finished() async {
        await withCheckedContinuation { continuation in
            let isFinished = content.withLock { content in
                if !content.isFinished { content.finishers.append(continuation) }
                return content.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    /// Publishes without an outcome yet.
    var publishing: Int { content.withLock { $0.publishers.count } }

    // MARK: - For the connection's thread

    /// Whether the thread has to end: the broker is closed and nothing is outstanding, or the time for it is over.
    var mustEnd: Bool {
        content.withLock { content in
            guard case .flushing(let end) = content.closing else { return false }
            return !content.isConnected || content.ledger.isEmpty || end <= ContinuousClock.now
        }
    }

    var isClosing: Bool { content.withLock { $0.closing != .not } }

    var hasRequests: Bool { content.withLock { !$0.requests.isEmpty } }

    func takeRequests() -> [Request] {
        content.withLock { content in
            defer { content.requests = [] }
            return content.requests
        }
    }

    /// Messages sent and not confirmed.
    var outstanding: Int { content.withLock { $0.ledger.outstanding } }

    func takeMessage() -> OutgoingMessage? { content.withLock { $0.ledger.takeNext() } }

    var topology: BrokerTopology { content.withLock { $0.topology } }

    /// All subscriptions, as a new connection has to make them.
    var subscriptions: [Int: (subscription: Subscription, source: DeliverySource)] {
        content.withLock { $0.subscriptions }
    }

    func answer(declaration id: UInt64, _ result: Result<Void, BrokerError>) {
        content.withLock { $0.declarers.removeValue(forKey: id)?.waiter }?.resume(returning: result)
    }

    func confirmed(_ tag: UInt64, multiple: Bool, isPositive: Bool) {
        resolve(content.withLock { $0.ledger.confirmed(tag, multiple: multiple, isPositive: isPositive) })
    }

    func returned(exchange: String, routingKey: String, messageID: String, text: String) {
        content.withLock {
            $0.ledger.returned(exchange: exchange, routingKey: routingKey, messageID: messageID, text: text)
        }
    }

    /// The publishing channel is gone.
    func channelLost(_ reason: String) {
        resolve(content.withLock { $0.ledger.channelLost(reason) })
    }

    /// The connection's descriptor; nil before it is closed, since its number may be used again at once.
    func setSocket(_ socket: Int32?) {
        content.withLock { $0.socket = socket }
    }

    func connected(to endpoint: String, cluster: String?) {
        content.withLock { $0.isConnected = true }
        feed.update { state in
            state.phase = .connected
            state.endpoint = endpoint
            state.cluster = cluster
            state.blocked = nil
            state.connections += 1
        }
    }

    /// The connection is gone or could not be made.
    func disconnected(_ reason: String?) {
        let (resolutions, sources) = content.withLock { content in
            content.isConnected = false
            // Settlements of the lost connection mean nothing to the next one, and it makes all subscriptions anew.
            content.requests.removeAll { request in
                if case .declare = request { false } else { true }
            }
            return (content.ledger.channelLost(reason ?? "closed"), content.subscriptions.values.map(\.source))
        }
        for source in sources { source.clear() }
        resolve(resolutions)
        feed.update { state in
            state.phase = .connecting
            state.endpoint = nil
            state.blocked = nil
            if let reason {
                state.lastError = reason
                state.lastErrorAt = Date()
            }
        }
    }

    /// The thread has ended.
    func finish() {
        let (resolutions, declarers, sources, finishers) = content.withLock { content in
            content.isFinished = true
            content.isConnected = false
            defer {
                content.declarers = [:]
                content.subscriptions = [:]
                content.requests = []
                content.finishers = []
            }
            return (
                content.ledger.closeAll(), content.declarers.values.map(\.waiter),
                content.subscriptions.values.map(\.source), content.finishers
            )
        }
        resolve(resolutions)
        for declarer in declarers {
            declarer.resume(returning: .failure(BrokerError(.closed, "the broker is closed")))
        }
        for source in sources { source.end() }
        feed.update { state in
            state.phase = .closed
            state.endpoint = nil
            state.blocked = nil
        }
        for finisher in finishers { finisher.resume() }
    }

    // MARK: - Inside

    private static func refusal(of message: OutgoingMessage, _ content: Content) -> BrokerError? {
        guard content.closing == .not else { return BrokerError(.closed, "the broker is closed") }
        let exchanges = content.topology.exchanges
        guard message.exchange.isEmpty || exchanges.contains(where: { $0.name == message.exchange }) else {
            // The broker would close the channel, and the outcome of all other publishes would be unknown.
            return BrokerError(.invalid, "exchange \"\(message.exchange)\" was never declared")
        }
        return nil
    }

    private func resolve(_ resolutions: [PublishLedger.Resolution]) {
        guard !resolutions.isEmpty else { return }
        let answers = content.withLock { content in
            resolutions.map { (content.publishers.removeValue(forKey: $0.id), $0.outcome) }
        }
        for (continuation, outcome) in answers { continuation?.resume(returning: outcome) }
    }

    /// Sets the timer, unless it goes off before anyway.
    private func arm(_ deadline: ContinuousClock.Instant, _ content: inout Content) {
        if let alarm = content.alarm, alarm <= deadline { return }
        content.alarm = deadline
        let pause = ContinuousClock.now.duration(to: deadline)
        timerQueue.asyncAfter(deadline: .now() + .nanoseconds(pause.nanoseconds)) { [weak self] in
            self?.expire(deadline)
        }
    }

    /// Ends what is overdue and sets the timer for the rest.
    private func expire(_ alarm: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let reason = feed.current.whyNothingIsSent
        let (resolutions, declarers) = content.withLock { content -> ([PublishLedger.Resolution], [Waiter]) in
            guard content.alarm == alarm else { return ([], []) }
            content.alarm = nil
            let resolutions = content.ledger.expire(now: now, reason: reason)
            let overdue = content.declarers.filter { $0.value.deadline <= now }
            for id in overdue.keys { content.declarers[id] = nil }
            let next = [content.ledger.earliestDeadline, content.declarers.values.map(\.deadline).min()]
            if let next = next.compactMap(\.self).min() { arm(next, &content) }
            return (resolutions, overdue.values.map(\.waiter))
        }
        resolve(resolutions)
        for declarer in declarers { declarer.resume(returning: .failure(BrokerError(.unavailable, reason))) }
    }
}

extension BrokerState {
    /// Why messages wait, in words.
    fileprivate var whyNothingIsSent: String {
        if let blocked { return "the broker at \(endpoint ?? "?") takes no messages: \(blocked)" }
        if phase == .connected { return "the broker at \(endpoint ?? "?") is too slow" }
        return "no connection" + (lastError.map { "; last: \($0)" } ?? "")
    }
}

extension Duration {
    /// As whole nanoseconds from 0 to about 11 days.
    fileprivate var nanoseconds: Int {
        let (seconds, attoseconds) = max(self, .zero).components
        return Int(min(seconds, 1_000_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
}
