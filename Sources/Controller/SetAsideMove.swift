import HashTreeCollections
import Model
import Store
import Time

/// How a notice that can never be published goes from the outbox to those that are set aside: in one transaction, so that it
/// is always in one of the two places.
struct SetAsideMove {
    /// How long to wait after a move that was not committed.
    static let pause = Duration.milliseconds(500)

    private let entry: StoredEntry
    private let notice: SetAsideNotice
    private let snapshot: Snapshot
    private let time: Timestamp

    /// Nil when the entry is not in the outbox any more.
    init?(path: String, reason: String, snapshot: Snapshot, time: Timestamp) {
        guard let entry = snapshot.outbox[path] else { return nil }
        self.entry = entry
        self.snapshot = snapshot
        self.time = time
        notice = SetAsideNotice(time: time, reason: reason, notice: entry.value)
    }

    /// The entry is as it was seen: so a transaction that arrives late cannot set aside what was moved before, and what an
    /// operator may have dropped meanwhile. The oldest go when there is no room.
    func transaction(_ leadership: Leadership) -> Transaction? {
        guard case .outbox(let id) = StoreKey(path: entry.key) else { return nil }
        let key = StoreKey.setAside(id).path
        let value = notice.stored
        let displaced = SetAsideNotice.displaced(
            from: snapshot.setAside.values, byAnotherOf: key.utf8.count + value.count)
        var transaction = Transaction(
            preconditions: [leadership.fence, .unmodified(entry.key, since: entry.modified)],
            changes: [.delete(entry.key), .put(key, value)] + displaced.map { .delete($0.key) })
        if !displaced.isEmpty {
            transaction.count(losses: snapshot.noticeLosses, at: time) { $0.setAside += displaced.count }
        }
        return transaction
    }
}

extension Transaction {
    /// Counts what the transaction gives up, exactly: nobody else has counted since.
    ///
    /// - Parameter losses: the entry that was counted in before; nil for none.
    mutating func count(losses entry: StoredEntry?, at time: Timestamp, _ add: (inout NoticeLosses) -> Void) {
        let key = StoreKey.noticeLosses.path
        var losses = entry.map { NoticeLosses(stored: $0.value) } ?? NoticeLosses(since: time)
        add(&losses)
        preconditions.append(entry.map { .unmodified(key, since: $0.modified) } ?? .absent(key))
        changes.append(.put(key, losses.stored))
    }
}
