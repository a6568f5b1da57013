import Broker
import HashTreeCollections
import Logging
import Model
import ServiceLifecycle
import Store

/// Takes notices from the outbox to the broker, on one controller at a time.
///
/// What to publish and to remove next is decided by ``Broker/OutboxSchedule``; this loop feeds it and does what it says.
/// Without a broker everything else goes on, and the notices wait.
package struct OutboxPublisher: Service {
    private let service: ConfigService
    private let broker: any MessageBroker
    private let topology: BrokerTopology
    private let node: String
    private let logger: Logger

    /// - Parameters:
    ///   - topology: the exchanges and queues that notices go through.
    ///   - node: this controller's name.
    package init(
        service: ConfigService, broker: any MessageBroker, topology: BrokerTopology, node: String, logger: Logger
    ) {
        self.service = service
        self.broker = broker
        self.topology = topology
        self.node = node
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.publish() }
    }

    /// The same, until the task is cancelled.
    package func publish() async {
        let election = LeaderElection(task: "outbox", node: node, service: service, logger: logger)
        await election.run { leadership in
            try await Publishing(publisher: self, leadership: leadership).run()
        }
    }

    private enum Event: Sendable {
        case state(ControllerState)
        /// The whole outbox is to be listed again.
        case reload
        case confirmed(String)
        case failed(String)
        case setAside(String)
        case resumed
        case removed
        case removalFailed
    }

    /// One term of leadership.
    private final class Publishing {
        let publisher: OutboxPublisher
        let leadership: Leadership
        var schedule = OutboxSchedule()
        /// Whether this term has seen the outbox from its beginning.
        var isListed = false
        /// By the schedule's key: the entry's revision, padded, and its path. Revisions are the store's order.
        var entries: [String: StoredEntry] = [:]
        let events: AsyncStream<Event>
        let sink: AsyncStream<Event>.Continuation

        init(publisher: OutboxPublisher, leadership: Leadership) {
            self.publisher = publisher
            self.leadership = leadership
            // Bounded by what the schedule has under way, and one state.
            (events, sink) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .unbounded)
        }

        func run() async throws {
            try? await publisher.broker.declare(publisher.topology)
            try await withThrowingDiscardingTaskGroup { group in
                let states = publisher.service.replica.states()
                let sink = sink
                group.addTask {
                    for await state in states { sink.yield(.state(state)) }
                }
                for await event in events {
                    try Task.checkCancellation()
                    for action in actions(after: event) { perform(action, in: &group) }
                }
                try Task.checkCancellation()
            }
        }

        private func actions(after event: Event) -> [OutboxSchedule.Action] {
            switch event {
            case .state(let state):
                if isListed {
                    schedule.appended(newEntries(of: state))
                } else {
                    list(state)
                }
            case .reload: list(publisher.service.replica.state)
            case .confirmed(let key): schedule.confirmed(key)
            case .failed(let key): schedule.failed(key)
            case .setAside(let key): schedule.setAside(key)
            case .resumed: schedule.resumed()
            case .removed: schedule.removed()
            case .removalFailed: schedule.removalFailed()
            }
        }

        /// The schedule gets the whole outbox: at the start of the term, and when it was too long to be remembered.
        private func list(_ state: ControllerState) -> [OutboxSchedule.Action] {
            isListed = true
            entries = [:]
            return schedule.listed(newEntries(of: state))
        }

        /// What cannot be read is tried, and set aside, by itself.
        private static func object(of entry: StoredEntry, _ key: String) -> String {
            (try? Notice(parsing: entry.value))?.objectID ?? key
        }

        private func newEntries(of state: ControllerState) -> [OutboxSchedule.Entry] {
            let outbox = state.snapshot.outbox
            entries = entries.filter { outbox[$0.value.key] != nil }
            var new: [OutboxSchedule.Entry] = []
            for (_, entry) in outbox {
                let revision = String(entry.created.number)
                let key = String(repeating: "0", count: max(0, 20 - revision.count)) + revision + entry.key
                guard entries.updateValue(entry, forKey: key) == nil else { continue }
                new.append(OutboxSchedule.Entry(key: key, object: Self.object(of: entry, key)))
            }
            return new.sorted { $0.key < $1.key }
        }

        private func perform(
            _ action: OutboxSchedule.Action, in group: inout ThrowingDiscardingTaskGroup<any Error>
        ) {
            let sink = sink
            switch action {
            case .publish(let list):
                for entry in list {
                    guard let stored = entries[entry.key] else {
                        // Somebody has removed it: whoever did had published it.
                        sink.yield(.confirmed(entry.key))
                        continue
                    }
                    let publisher = publisher
                    group.addTask { sink.yield(await publisher.publish(stored, key: entry.key)) }
                }
            case .remove(let keys):
                let paths = keys.compactMap { entries[$0]?.key }
                let transaction = Transaction(
                    preconditions: [leadership.fence], changes: paths.map { .delete($0) })
                let store = publisher.service.store
                group.addTask {
                    // A refusal is the fence: another one leads, and this term is over.
                    switch try? await store.commit(transaction) {
                    case .committed: sink.yield(.removed)
                    case .refused: throw CancellationError()
                    case nil: sink.yield(.removalFailed)
                    }
                }
            case .pause(let attempt):
                let surroundings = publisher.service.surroundings
                group.addTask {
                    try await surroundings.sleep(min(.milliseconds(100) * (1 << min(attempt, 6)), .seconds(5)))
                    sink.yield(.resumed)
                }
            case .reload:
                sink.yield(.reload)
            }
        }
    }

    private func publish(_ entry: StoredEntry, key: String) async -> Event {
        let notice: Notice
        do {
            notice = try Notice(parsing: entry.value)
        } catch {
            logger.error("a notice cannot be read", metadata: ["key": "\(entry.key)", "error": "\(error)"])
            return .setAside(key)
        }
        for message in notice.messages(host: node) {
            do {
                try await broker.publish(message)
            } catch  where error.code == .invalid {
                logger.error("a notice can never be published", metadata: ["key": "\(entry.key)", "error": "\(error)"])
                return .setAside(key)
            } catch {
                logger.debug("a notice was not published", metadata: ["key": "\(entry.key)", "error": "\(error)"])
                return .failed(key)
            }
        }
        return .confirmed(key)
    }
}
