import Store

/// A store as a value, for tests: it checks and applies transactions as every `ConfigStore` must, and keeps the whole
/// history, so that a test can let a replica fall behind and catch up. It has no clock: whoever has one ends the leases.
package struct StoreContents: Sendable {
    /// The revision of the last transaction that changed something.
    package private(set) var revision = Revision.none
    /// The history up to this revision is forgotten.
    package private(set) var compacted = Revision.none
    private var keys = SortedKeys()
    /// In the order of the keys.
    private var entries: [StoredEntry] = []
    private var history: [WatchBatch] = []
    private var leases: [LeaseID: Set<String>] = [:]
    private var holders: [String: LeaseID] = [:]
    private var nextLease: Int64 = 1

    package init() {}

    /// Applies the transaction when all of its preconditions hold.
    ///
    /// - Throws: ``StoreError/Code/invalid`` when a key occurs twice or a limit is exceeded, as engines do;
    ///   ``StoreError/Code/leaseNotFound`` when it would put something under a lease that has ended.
    package mutating func commit(_ transaction: Transaction) throws(StoreError) -> CommitOutcome {
        try transaction.checkLimits()
        guard transaction.preconditions.allSatisfy(holds) else { return .refused(at: revision) }
        for case .put(let key, _, let lease?) in transaction.changes where leases[lease] == nil {
            throw StoreError(.leaseNotFound, "\(key): lease \(lease.number) has ended")
        }
        let next = Revision(revision.number + 1)
        var events: [WatchEvent] = []
        for change in transaction.changes {
            switch change {
            case .put(let key, let value, let lease): events.append(.put(put(key, value, lease: lease, at: next)))
            case .delete(let key): if delete(key) { events.append(.delete(key)) }
            case .deletePrefix(let prefix):
                for key in list(prefix: prefix).entries.map(\.key) where delete(key) { events.append(.delete(key)) }
            }
        }
        return .committed(record(events))
    }

    /// All entries below the prefix, in the order of their keys' bytes.
    package func list(prefix: String = "/") -> Listing {
        Listing(revision: revision, entries: Array(entries[range(from: prefix, upTo: KeyRange.end(ofPrefix: prefix))]))
    }

    /// What a watch delivers after the given revision, one batch per transaction.
    package func batches(after revision: Revision) -> ArraySlice<WatchBatch> {
        history[SortedKeys.partition(history.count) { history[$0].revision <= revision }...]
    }

    /// The value at a key as text; nil when there is nothing.
    package func text(at key: String) -> String? {
        keys.index(of: key).map { String(decoding: entries[$0].value, as: UTF8.self) }
    }

    /// Forgets the history up to and including a revision.
    package mutating func compact(through revision: Revision) {
        compacted = max(compacted, min(revision, self.revision))
        history.removeFirst(history.count - batches(after: compacted).count)
    }

    // MARK: - Leases

    /// A lease that lasts until ``endLease(_:)``.
    package mutating func grantLease() -> LeaseID {
        defer { nextLease += 1 }
        leases[LeaseID(nextLease)] = []
        return LeaseID(nextLease)
    }

    /// Every lease that has not ended.
    package var aliveLeases: [LeaseID] { leases.keys.sorted { $0.number < $1.number } }

    /// Whether the lease has been granted and has not ended.
    package func isAlive(_ lease: LeaseID) -> Bool { leases[lease] != nil }

    /// Ends a lease, and deletes what it holds in one transaction.
    package mutating func endLease(_ lease: LeaseID) {
        guard let held = leases.removeValue(forKey: lease) else { return }
        let order = held.sorted { SortedKeys.ordered($0) < SortedKeys.ordered($1) }
        _ = record(order.filter { delete($0) }.map { .delete($0) })
    }

    // MARK: - Inside

    private mutating func record(_ events: [WatchEvent]) -> Revision {
        guard !events.isEmpty else { return revision }
        revision = Revision(revision.number + 1)
        history.append(WatchBatch(revision: revision, events: events))
        return revision
    }

    private mutating func put(_ key: String, _ value: [UInt8], lease: LeaseID?, at next: Revision) -> StoredEntry {
        release(key)
        if let lease {
            leases[lease]?.insert(key)
            holders[key] = lease
        }
        let (index, isNew) = keys.insert(key)
        let created = isNew ? next : entries[index].created
        let entry = StoredEntry(key: key, value: value, created: created, modified: next)
        if isNew { entries.insert(entry, at: index) } else { entries[index] = entry }
        return entry
    }

    private mutating func delete(_ key: String) -> Bool {
        release(key)
        guard let index = keys.remove(key) else { return false }
        entries.remove(at: index)
        return true
    }

    private mutating func release(_ key: String) {
        guard let lease = holders.removeValue(forKey: key) else { return }
        leases[lease]?.remove(key)
    }

    private func holds(_ precondition: Precondition) -> Bool {
        switch precondition {
        case .absent(let key): keys.index(of: key) == nil
        case .present(let key): keys.index(of: key) != nil
        case .unmodified(let key, let since): keys.index(of: key).map { entries[$0].modified == since } ?? false
        case .emptyRange(let from, let upTo): range(from: from, upTo: upTo).isEmpty
        }
    }

    private func range(from: String, upTo: String) -> Range<Int> {
        let start = keys.position(of: from)
        return start..<max(start, upTo.isEmpty ? entries.count : keys.position(of: upTo))
    }
}
