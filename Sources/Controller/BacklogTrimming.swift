import Broker
import Logging
import Model
import Store

/// Turns what ``Broker/BacklogBound`` decides into transactions on the outbox, one at a time.
struct BacklogTrimming {
    /// How long to wait after a transaction that was not committed.
    static let pause = Duration.milliseconds(500)
    /// From one line in the log about what was given up to the next.
    private static let silence = Duration.seconds(60)

    private let limits: BacklogBound.Limits
    private let leadership: Leadership
    private let service: ConfigService
    private let logger: Logger
    private var bound: BacklogBound
    /// The bound as it was before the transaction that is under way; nil when none is.
    private var before: BacklogBound?
    /// The outbox is looked at again when this has arrived.
    private var awaited = Revision.none
    private var dropped: [String] = []
    private var lastLine: ContinuousClock.Instant?

    init(limits: BacklogBound.Limits, leadership: Leadership, service: ConfigService, logger: Logger) {
        self.limits = limits
        self.leadership = leadership
        self.service = service
        self.logger = logger
        bound = BacklogBound(limits: limits)
    }

    /// The places of the outbox are others.
    mutating func restart() {
        bound = BacklogBound(limits: limits)
        if before != nil { before = bound }
    }

    /// What to do now.
    enum Work {
        /// Commit this, and say what became of it.
        case commit(Transaction)
        /// Ask again soon: at the places that were looked at there was nothing that could become smaller.
        case askAgain
        /// Nothing: there is room enough, or a transaction is under way.
        case nothing
    }

    /// Looks at no more than ``Broker/BacklogBound/batchPlaces`` places for each form of a notice.
    ///
    /// - Parameter isLeaving: whether an entry, by its key in the schedule, is under way to the broker.
    mutating func next(in snapshot: Snapshot, except isLeaving: (String) -> Bool) -> Work {
        guard before == nil, snapshot.revision >= awaited else { return .nothing }
        let outbox = snapshot.outbox
        let extent = BacklogBound.Extent(
            places: outbox.start..<outbox.end, entries: outbox.count, bytes: outbox.bytes)
        let former = bound
        let batch = bound.next(extent) { place in
            guard let entry = outbox[place: place], !isLeaving(OutboxKey.key(of: entry)) else { return nil }
            return BacklogBound.Entry(bytes: Outbox.size(of: entry), form: NoticeForm(stored: entry.value))
        }
        guard let batch else { return .nothing }
        let entries = batch.places.compactMap { outbox[place: $0] }
        guard let transaction = transaction(batch.step, entries, snapshot) else { return .askAgain }
        before = former
        return .commit(transaction)
    }

    /// The last transaction is committed.
    ///
    /// - Returns: the keys of the entries that are gone.
    mutating func committed(_ revision: Revision) -> [String] {
        before = nil
        awaited = revision
        let now = service.surroundings.now()
        if lastLine.map({ $0.duration(to: now) >= Self.silence }) ?? true {
            lastLine = now
            logger.error(
                "too many notices wait for the broker: they are given up part by part, and the status says how many",
                metadata: ["entries": "\(service.replica.state.snapshot.outbox.count)"])
        }
        return dropped
    }

    /// The last transaction is not committed, or nobody knows.
    mutating func failed() {
        if let before { bound = before }
        before = nil
    }

    /// Every entry is as it was seen: a transaction that arrives late must not bring back what is published and gone.
    private mutating func transaction(
        _ step: BacklogBound.Step, _ entries: [StoredEntry], _ snapshot: Snapshot
    ) -> Transaction? {
        var transaction = Transaction(preconditions: [leadership.fence])
        var lost = NoticeLosses(since: service.clock())
        dropped = []
        for entry in entries {
            guard let change = change(step, entry, counting: &lost) else { continue }
            transaction.preconditions.append(.unmodified(entry.key, since: entry.modified))
            transaction.changes.append(change)
        }
        guard !transaction.changes.isEmpty else { return nil }
        transaction.count(losses: snapshot.noticeLosses, at: service.clock()) { losses in
            losses.history += lost.history
            losses.notifications += lost.notifications
            losses.notices += lost.notices
        }
        return transaction
    }

    /// Nil when the entry would not become smaller. What cannot be read has no smaller form; it is set aside when its turn
    /// comes, or dropped.
    private mutating func change(
        _ step: BacklogBound.Step, _ entry: StoredEntry, counting lost: inout NoticeLosses
    ) -> Change? {
        if case .reduce(let form) = step {
            guard let notice = try? Notice(parsing: entry.value) else { return nil }
            if let smaller = notice.reduced(to: form)?.bytes {
                guard smaller.count < entry.value.count else { return nil }
                if notice.form == .whole { lost.history += 1 }
                if form == .bare, !notice.neutronEvents.isEmpty { lost.notifications += 1 }
                return .put(entry.key, smaller)
            }
        }
        lost.notices += 1
        dropped.append(OutboxKey.key(of: entry))
        return .delete(entry.key)
    }
}
