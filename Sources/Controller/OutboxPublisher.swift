import Broker
import HashTreeCollections
import Logging
import Model
import ServiceLifecycle
import Store
import Synchronization

/// Takes notices from the outbox to the broker, on one controller at a time.
///
/// What to publish and to remove next is decided by ``Broker/OutboxSchedule``; this loop feeds it and does what it says.
/// Without a broker everything else goes on, and the notices wait.
package struct OutboxPublisher: Service {
    /// How long an entry that is published may stay in the outbox so that others are removed with it. One that is still
    /// there when the leader dies is published again.
    static let gatheringTime = Duration.milliseconds(150)
    /// From one look for new entries to the next: a broker takes many notices at once for little more than it takes one
    /// for, and whoever reads them does not mind so much delay. The first one after a rest is looked for at once.
    static let pace = Duration.milliseconds(100)

    private let service: ConfigService
    private let broker: any MessageBroker
    private let topology: BrokerTopology
    private let node: String
    private let notices: NoticePublisher
    private let plenty: Int
    private let logger: Logger

    /// - Parameters:
    ///   - topology: the exchanges and queues that notices go through.
    ///   - node: this controller's name.
    ///   - plenty: with more entries than this to publish, newer ones are not looked for: that costs a look at the whole
    ///     outbox, and one for every change would take longer than the changes when the outbox is long.
    package init(
        service: ConfigService, broker: any MessageBroker, topology: BrokerTopology, node: String,
        plenty: Int = 1_000, logger: Logger
    ) {
        self.plenty = plenty
        self.service = service
        self.broker = broker
        self.topology = topology
        self.node = node
        notices = NoticePublisher(broker: broker, host: node, logger: logger)
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
        /// The replica's state is another one.
        case changed
        /// The whole outbox is to be listed again.
        case reload
        case published([NoticePublisher.Outcome])
        case gathered
        case resumed
        case removed
        case removalFailed
    }

    /// Whether a change waits among the events: one stands for all that come before it is looked at.
    private final class PendingChange: Sendable {
        private let isPending = Atomic(false)

        /// - Returns: false when one is waiting already.
        func begin() -> Bool { !isPending.exchange(true, ordering: .acquiringAndReleasing) }

        func end() { isPending.store(false, ordering: .sequentiallyConsistent) }
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
        /// Whether the outbox may have entries that have not been looked for.
        var isBehind = false
        let changes = PendingChange()
        let events: AsyncStream<Event>
        let sink: AsyncStream<Event>.Continuation

        init(publisher: OutboxPublisher, leadership: Leadership) {
            self.publisher = publisher
            self.leadership = leadership
            // Bounded by what the schedule has under way, and one change.
            (events, sink) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .unbounded)
        }

        func run() async throws {
            try? await publisher.broker.declare(publisher.topology)
            try await withThrowingDiscardingTaskGroup { group in
                let states = publisher.service.replica.states()
                let surroundings = publisher.service.surroundings
                group.addTask { [sink, changes] in
                    for await _ in states where changes.begin() {
                        sink.yield(.changed)
                        try await surroundings.sleep(OutboxPublisher.pace)
                    }
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
            case .changed:
                // Before the state is read: a change that comes after that makes another event.
                changes.end()
                isBehind = true
                return isListed ? appendNewEntries() : list()
            case .reload: return list()
            case .published(let outcomes): return Self.together(outcomes.flatMap { schedule.learn($0) })
            case .gathered: return schedule.gathered()
            case .resumed: return schedule.resumed()
            case .removed: return schedule.removed() + appendNewEntries()
            case .removalFailed: return schedule.removalFailed()
            }
        }

        /// What several outcomes let go is published as one, since it goes to the broker in fewer messages.
        private static func together(_ actions: [OutboxSchedule.Action]) -> [OutboxSchedule.Action] {
            var entries: [OutboxSchedule.Entry] = []
            let others = actions.filter { action in
                guard case .publish(let list) = action else { return true }
                entries += list
                return false
            }
            return entries.isEmpty ? others : others + [.publish(entries)]
        }

        /// The schedule gets the whole outbox: at the start of the term, and when it was too long to be remembered.
        private func list() -> [OutboxSchedule.Action] {
            isListed = true
            isBehind = false
            entries = [:]
            return schedule.listed(newEntries(of: publisher.service.replica.state))
        }

        /// The schedule gets what has come into the outbox, as soon as it has little else to do.
        private func appendNewEntries() -> [OutboxSchedule.Action] {
            guard isBehind, schedule.count <= publisher.plenty else { return [] }
            isBehind = false
            return schedule.appended(newEntries(of: publisher.service.replica.state))
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
                var entries: [(key: String, value: [UInt8])] = []
                for entry in list {
                    // An entry that is gone was removed by somebody who had published it.
                    guard let stored = self.entries[entry.key] else {
                        sink.yield(.published([.confirmed(entry.key)]))
                        continue
                    }
                    entries.append((entry.key, stored.value))
                }
                let notices = publisher.notices
                group.addTask { [entries] in sink.yield(.published(await notices.publish(entries))) }
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
            case .gather:
                let surroundings = publisher.service.surroundings
                group.addTask {
                    try await surroundings.sleep(OutboxPublisher.gatheringTime)
                    sink.yield(.gathered)
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
}
