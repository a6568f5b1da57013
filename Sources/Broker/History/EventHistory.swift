import Foundation
import Logging
import Synchronization

/// The collector's part of the event history: takes events from its own queue and keeps them on disk.
///
/// Each collector has a quorum queue of its own, so each keeps the whole history, and an event is in a majority of the
/// cluster's members until this collector has it on disk. Use a broker connection that does not publish.
package final class EventHistory: Sendable {
    /// How the collector does.
    package struct State: Hashable, Sendable {
        package var log: HistoryLog.Statistics
        package var broker: BrokerState
        /// Lines that were no events, and were dropped.
        package var unreadable = 0
        /// Why events cannot be kept at the moment; nil when they can.
        package var failure: String?
    }

    /// How long an event may wait in memory for others to be kept with it; until then it is in its queue as well.
    static let gatheringTime = Duration.milliseconds(100)

    private struct Content {
        var unreadable = 0
        var failure: String?
    }

    private let log: HistoryLog
    private let broker: any MessageBroker
    private let node: String
    private let logger: Logger
    private let retry: Backoff
    private let sleep: @Sendable (Duration) async throws -> Void
    private let content = Mutex(Content())

    /// - Parameters:
    ///   - node: the collector's name, which names its queue.
    ///   - retry: the pauses after failures of the disk.
    ///   - sleep: waits, and ends as soon as its task is cancelled.
    package init(
        log: HistoryLog, broker: any MessageBroker, node: String, logger: Logger = Logger(label: "skein.history"),
        retry: Backoff = Backoff(first: .milliseconds(500), longest: .seconds(30)),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.log = log
        self.broker = broker
        self.node = node
        self.logger = logger
        self.retry = retry
        self.sleep = sleep
    }

    package var state: State {
        let (unreadable, failure) = content.withLock { ($0.unreadable, $0.failure) }
        return State(log: log.statistics, broker: broker.state, unreadable: unreadable, failure: failure)
    }

    /// Events that this collector has, newest first.
    package func events(_ query: HistoryQuery) async -> HistoryPage { await log.events(query) }

    /// Collects until the task is cancelled or the broker object is closed.
    package func run() async {
        do {
            try await broker.declare(NoticeTopology.collector(node: node))
        } catch {
            // The broker object keeps the declarations and makes them when it can.
            note("declare the queue of the history: \(error)")
        }
        var failures = 0
        while !Task.isCancelled {
            let before = log.statistics.events
            do {
                try await collect()
                return
            } catch is CancellationError {
                return
            } catch {
                if log.statistics.events > before { failures = 0 }
                failures += 1
                note("\(error)")
            }
            try? await sleep(retry.pause(attempt: failures, chance: Double.random(in: 0...1)))
        }
    }

    /// Moves events from the queue to the disk, as many at once as have come; an acknowledgement follows the disk.
    private func collect() async throws {
        let inbox = Inbox()
        let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let stream = broker.consume(Subscription(queue: NoticeTopology.historyQueue(node: node), prefetch: 500))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { signal.finish() }
                for try await delivery in stream {
                    inbox.add(delivery)
                    signal.yield()
                }
            }
            group.addTask { [self] in
                for await _ in signals {
                    // What comes together is one write to the disk, and one acknowledgement.
                    try? await sleep(Self.gatheringTime)
                    try await keep(inbox.takeAll())
                }
                try await keep(inbox.takeAll())
            }
            // The first failure ends the other task too; then what is unsettled goes back to the queue.
            while try await group.next() != nil {}
        }
    }

    private func keep(_ deliveries: [Delivery]) async throws(HistoryError) {
        var events: [HistoryEvent] = []
        for delivery in deliveries {
            for line in delivery.body.split(separator: UInt8(ascii: "\n")) {
                if let event = HistoryEvent(parsing: line) {
                    events.append(event)
                } else {
                    content.withLock { $0.unreadable += 1 }
                    logger.error("an event of the history is unreadable", metadata: ["in": "\(delivery.messageID)"])
                }
            }
        }
        try await log.append(events)
        for delivery in deliveries { delivery.acknowledge() }
        content.withLock { $0.failure = nil }
    }

    private func note(_ failure: String) {
        content.withLock { $0.failure = failure }
        logger.error("the event history is not kept", metadata: ["reason": "\(failure)"])
    }

    /// Deliveries between the two tasks; bounded by the prefetch.
    private final class Inbox: Sendable {
        private let deliveries = Mutex<[Delivery]>([])

        func add(_ delivery: Delivery) { deliveries.withLock { $0.append(delivery) } }

        func takeAll() -> [Delivery] {
            deliveries.withLock { deliveries in
                defer { deliveries = [] }
                return deliveries
            }
        }
    }
}
