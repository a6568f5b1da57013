import Broker
import Logging
import Model
import Store
import Synchronization

/// One term of leading the outbox.
final class PublishingTerm {
    private enum Event: Sendable {
        /// The replica's state is another one.
        case changed
        case published([NoticePublisher.Outcome])
        case gathered
        case resumed
        case removed
        case removalFailed
        /// The entry with this key, and the replica has it.
        case movedAside(String)
        case moveFailed
        /// There may be room to be made.
        case trim
        /// The last transaction that made room is committed.
        case trimmed(Revision)
        case trimmingFailed
    }

    /// Whether a change waits among the events: one stands for all that come before it is looked at.
    private final class PendingChange: Sendable {
        private let isPending = Atomic(false)

        /// - Returns: false when one is waiting already.
        func begin() -> Bool { !isPending.exchange(true, ordering: .acquiringAndReleasing) }

        func end() { isPending.store(false, ordering: .sequentiallyConsistent) }
    }

    private let publisher: OutboxPublisher
    private let leadership: Leadership
    private var schedule: OutboxSchedule
    private var trimming: BacklogTrimming
    /// The listing that ``place`` belongs to.
    private var listing: Revision?
    /// The entries of the outbox before this place have been given to the schedule.
    private var place = 0
    /// Why entries can never be published, by their keys in the schedule.
    private var reasons: [String: String] = [:]
    private let changes = PendingChange()
    private let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation

    init(publisher: OutboxPublisher, leadership: Leadership) {
        self.publisher = publisher
        self.leadership = leadership
        schedule = OutboxSchedule(limits: publisher.scheduleLimits)
        trimming = BacklogTrimming(
            limits: publisher.backlog, leadership: leadership, service: publisher.service, logger: publisher.logger)
        // Bounded by what the schedule has under way, one change and one transaction that makes room.
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
                trim(in: &group)
            }
            try Task.checkCancellation()
        }
    }

    private func actions(after event: Event) -> [OutboxSchedule.Action] {
        switch event {
        case .changed:
            // Before the state is read: a change that comes after that makes another event.
            changes.end()
            return appendNewEntries()
        case .published(let outcomes):
            for case .refused(let key, let reason) in outcomes { reasons[key] = reason }
            return Self.together(outcomes.flatMap { schedule.learn($0) })
        case .gathered: return schedule.gathered()
        case .resumed: return schedule.resumed()
        case .removed: return schedule.removed() + appendNewEntries()
        case .removalFailed: return schedule.removalFailed()
        case .movedAside(let key):
            reasons[key] = nil
            return schedule.movedAside() + appendNewEntries()
        case .moveFailed: return schedule.moveFailed()
        case .trim: return []
        case .trimmed(let revision): return schedule.dropped(trimming.committed(revision)) + appendNewEntries()
        case .trimmingFailed:
            trimming.failed()
            return []
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

    /// The outbox as this term may see it: not before everything that former terms have done is in it.
    private func outbox(in snapshot: Snapshot) -> Outbox? {
        guard snapshot.revision >= leadership.token else { return nil }
        if snapshot.outbox.listing != listing {
            listing = snapshot.outbox.listing
            place = snapshot.outbox.start
            trimming.restart()
        }
        return snapshot.outbox
    }

    /// The schedule gets what comes next in the outbox, as much as it has room for.
    private func appendNewEntries() -> [OutboxSchedule.Action] {
        guard let outbox = outbox(in: publisher.service.replica.state.snapshot) else { return [] }
        place = max(place, outbox.start)
        var new: [OutboxSchedule.Entry] = []
        let room = schedule.room
        while place < outbox.end, new.count < room {
            if let entry = outbox[place: place] {
                let key = OutboxKey.key(of: entry)
                new.append(OutboxSchedule.Entry(key: key, object: Self.object(of: entry, key)))
            }
            place += 1
        }
        return new.isEmpty ? [] : schedule.appended(new.sorted { $0.key < $1.key })
    }

    /// What cannot be read is tried, and set aside, by itself.
    private static func object(of entry: StoredEntry, _ key: String) -> String {
        (try? Notice(parsing: entry.value))?.objectID ?? key
    }

    private func perform(_ action: OutboxSchedule.Action, in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let sink = sink
        let surroundings = publisher.service.surroundings
        switch action {
        case .publish(let list): publish(list, in: &group)
        case .remove(let keys):
            let transaction = Transaction(
                preconditions: [leadership.fence], changes: keys.map { .delete(OutboxKey.path(of: $0)) })
            let store = publisher.service.store
            group.addTask {
                // A refusal is the fence: another one leads, and this term is over.
                switch try? await store.commit(transaction) {
                case .committed: sink.yield(.removed)
                case .refused: throw CancellationError()
                case nil: sink.yield(.removalFailed)
                }
            }
        case .setAside(let key): setAside(key, in: &group)
        case .gather:
            group.addTask {
                try await surroundings.sleep(OutboxPublisher.gatheringTime)
                sink.yield(.gathered)
            }
        case .pause(let attempt):
            group.addTask {
                try await surroundings.sleep(min(.milliseconds(100) * (1 << min(attempt, 6)), .seconds(5)))
                sink.yield(.resumed)
            }
        }
    }

    private func publish(
        _ list: [OutboxSchedule.Entry], in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let outbox = publisher.service.replica.state.snapshot.outbox
        var entries: [(key: String, value: [UInt8])] = []
        for entry in list {
            // An entry that is gone was removed by somebody who had published it, or given up.
            guard let stored = outbox[OutboxKey.path(of: entry.key)] else {
                sink.yield(.published([.confirmed(entry.key)]))
                continue
            }
            entries.append((entry.key, stored.value))
        }
        guard !entries.isEmpty else { return }
        let notices = publisher.notices
        group.addTask { [sink, entries] in sink.yield(.published(await notices.publish(entries))) }
    }

    private func setAside(_ key: String, in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let service = publisher.service
        let move = SetAsideMove(
            path: OutboxKey.path(of: key), reason: reasons[key] ?? "unknown", snapshot: service.replica.state.snapshot,
            time: service.clock())
        guard let transaction = move?.transaction(leadership) else {
            // It is gone: the transaction whose outcome was unknown had been committed.
            sink.yield(.movedAside(key))
            return
        }
        let logger = publisher.logger
        group.addTask { [sink] in
            if case .committed(let revision) = try? await service.store.commit(transaction) {
                logger.error("a notice was set aside", metadata: ["key": "\(key)"])
                // The next move counts on from what this one has counted: before that is seen it would be refused.
                _ = await service.replica.reached(revision, within: ConfigService.patience)
                sink.yield(.movedAside(key))
            } else {
                try await service.surroundings.sleep(SetAsideMove.pause)
                sink.yield(.moveFailed)
            }
        }
    }

    /// Makes room, one transaction after the other, as long as too much waits.
    private func trim(in group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let snapshot = publisher.service.replica.state.snapshot
        guard outbox(in: snapshot) != nil else { return }
        let transaction: Transaction
        switch trimming.next(in: snapshot, except: { self.schedule.isLeaving($0) }) {
        case .nothing: return
        case .askAgain:
            sink.yield(.trim)
            return
        case .commit(let work): transaction = work
        }
        let service = publisher.service
        group.addTask { [sink] in
            if case .committed(let revision) = try? await service.store.commit(transaction) {
                sink.yield(.trimmed(revision))
            } else {
                // The store is away or something has changed meanwhile: with the next state there is more to see.
                try await service.surroundings.sleep(BacklogTrimming.pause)
                sink.yield(.trimmingFailed)
            }
        }
    }
}

/// The key of an entry in the schedule: its revision, padded, and its path. Revisions are the store's order.
enum OutboxKey {
    private static let digits = 20

    static func key(of entry: StoredEntry) -> String {
        let revision = String(entry.created.number)
        return String(repeating: "0", count: max(0, digits - revision.utf8.count)) + revision + entry.key
    }

    static func path(of key: String) -> String { String(key.dropFirst(digits)) }
}
