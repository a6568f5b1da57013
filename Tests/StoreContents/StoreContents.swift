import Store

/// A store as a value, for tests of pure code: it checks and applies transactions as every `ConfigStore` must, and keeps
/// the whole history, so that a test can let a replica fall behind and catch up.
package struct StoreContents: Sendable {
    /// The revision of the last transaction that changed something.
    package private(set) var revision = Revision.none
    private var entries: [[UInt8]: StoredEntry] = [:]
    private var history: [WatchBatch] = []

    package init() {}

    /// Applies the transaction when all of its preconditions hold.
    ///
    /// - Throws: ``StoreError/Code/invalid`` when a key occurs twice or a limit is exceeded, as engines do.
    package mutating func commit(_ transaction: Transaction) throws(StoreError) -> CommitOutcome {
        try transaction.checkLimits()
        guard transaction.preconditions.allSatisfy(holds) else { return .refused(at: revision) }
        let next = Revision(revision.number + 1)
        var events: [WatchEvent] = []
        for change in transaction.changes {
            switch change {
            case .put(let key, let value, _):
                let bytes = Array(key.utf8)
                let entry = StoredEntry(
                    key: key, value: value, created: entries[bytes]?.created ?? next, modified: next)
                entries[bytes] = entry
                events.append(.put(entry))
            case .delete(let key):
                if entries.removeValue(forKey: Array(key.utf8)) != nil { events.append(.delete(key)) }
            case .deletePrefix(let prefix):
                for key in keys(from: Array(prefix.utf8), upTo: Array(KeyRange.end(ofPrefix: prefix).utf8)) {
                    if let entry = entries.removeValue(forKey: key) { events.append(.delete(entry.key)) }
                }
            }
        }
        guard !events.isEmpty else { return .committed(revision) }
        revision = next
        history.append(WatchBatch(revision: next, events: events))
        return .committed(next)
    }

    /// All entries below the prefix, in the order of their keys' bytes.
    package func list(prefix: String = "/") -> Listing {
        let keys = keys(from: Array(prefix.utf8), upTo: Array(KeyRange.end(ofPrefix: prefix).utf8))
        return Listing(revision: revision, entries: keys.compactMap { entries[$0] })
    }

    /// What a watch delivers after the given revision, one batch per transaction.
    package func batches(after revision: Revision) -> [WatchBatch] {
        history.filter { $0.revision > revision }
    }

    /// The value at a key as text; nil when there is nothing.
    package func text(at key: String) -> String? {
        entries[Array(key.utf8)].map { String(decoding: $0.value, as: UTF8.self) }
    }

    private func holds(_ precondition: Precondition) -> Bool {
        switch precondition {
        case .absent(let key): entries[Array(key.utf8)] == nil
        case .present(let key): entries[Array(key.utf8)] != nil
        case .unmodified(let key, let since): entries[Array(key.utf8)]?.modified == since
        case .emptyRange(let from, let upTo): keys(from: Array(from.utf8), upTo: Array(upTo.utf8)).isEmpty
        }
    }

    private func keys(from: [UInt8], upTo: [UInt8]) -> [[UInt8]] {
        entries.keys.filter {
            !$0.lexicographicallyPrecedes(from) && (upTo.isEmpty || $0.lexicographicallyPrecedes(upTo))
        }
        .sorted { $0.lexicographicallyPrecedes($1) }
    }
}
