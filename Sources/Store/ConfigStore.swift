/// The one place where Skein's truth is kept: a revisioned map from keys to bytes with transactions, watches and leases.
///
/// Two implementations pass the same conformance suite: etcd for a cluster, SQLite for the embedded controller. Every
/// call has a deadline of its own, set when the store is opened; a call that misses it throws
/// ``StoreError/Code/unavailable``.
package protocol ConfigStore: Sendable {
    /// Commits the transaction when all of its preconditions hold, in one round trip. Transactions that are committed at
    /// the same time, and have nothing to do with each other, may come out under one revision.
    ///
    /// - Throws: ``StoreError``. After ``StoreError/Code/unknownOutcome`` the transaction may or may not have been
    ///   committed: an idempotency record in it tells which.
    func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome

    /// The newest revision, linearizably: not older than any commit that was acknowledged, by any controller, before
    /// this call began. A minority cannot answer it.
    func latestRevision() async throws(StoreError) -> Revision

    /// All entries whose keys start with the prefix, in key order, as they are at one revision (the newest, linearizable).
    func list(prefix: String) async throws(StoreError) -> Listing

    /// The changes of keys below the prefix after `revision`, in order, one batch per revision; and, within about a
    /// second after an idle store was asked for ``latestRevision()``, a batch without events that says how far the
    /// watch has come (see ``WatchBatch``).
    ///
    /// The stream ends by throwing: ``StoreError/Code/compacted`` when the history back to `revision` is no longer
    /// there (list again, then watch from the listing's revision), ``StoreError/Code/unavailable`` when the connection
    /// is lost (watch again from the last batch's revision). It ends when its consumer stops.
    func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error>

    /// Grants a lease: entries put under it vanish when it has not been kept alive for `seconds` (at least 1).
    func grantLease(seconds: Int) async throws(StoreError) -> LeaseID

    /// Keeps the lease for another full term.
    ///
    /// - Throws: ``StoreError/Code/leaseNotFound`` when it has ended: whatever was held by it is lost.
    func keepAlive(_ lease: LeaseID) async throws(StoreError)

    /// Ends a lease and deletes its entries; no error when it has already ended.
    func revoke(_ lease: LeaseID) async throws(StoreError)

    /// Members and alarms, for status displays; never blocks longer than the store's deadline.
    func health() async -> StoreHealth

    /// Closes connections and files. No other call may be under way or follow.
    func close() async
}

/// Entries at one revision.
package struct Listing: Hashable, Sendable {
    package let revision: Revision
    package let entries: [StoredEntry]

    package init(revision: Revision, entries: [StoredEntry]) {
        self.revision = revision
        self.entries = entries
    }
}

/// What was changed below the watched prefix under one revision.
package struct WatchBatch: Hashable, Sendable {
    /// The watch has delivered everything up to and including this revision.
    package let revision: Revision
    /// In the store's order; empty for a notice of progress.
    package let events: [WatchEvent]

    package init(revision: Revision, events: [WatchEvent]) {
        self.revision = revision
        self.events = events
    }
}

/// One key's change.
package enum WatchEvent: Hashable, Sendable {
    case put(StoredEntry)
    case delete(String)
}

/// A lease as the engine names it.
package struct LeaseID: Hashable, Sendable {
    package let number: Int64

    package init(_ number: Int64) {
        self.number = number
    }
}

/// What an operator wants to know of the store.
package struct StoreHealth: Hashable, Sendable {
    /// One member of the store's cluster; the embedded store has one.
    package struct Member: Hashable, Sendable {
        package let name: String
        /// Where clients reach it; a path for the embedded store.
        package let endpoint: String
        package let isHealthy: Bool
        package let isLeader: Bool
        /// Why it is not healthy, or empty.
        package let reason: String

        package init(name: String, endpoint: String, isHealthy: Bool, isLeader: Bool, reason: String) {
            self.name = name
            self.endpoint = endpoint
            self.isHealthy = isHealthy
            self.isLeader = isLeader
            self.reason = reason
        }
    }

    package let members: [Member]
    /// Raised alarms in words, such as a full quota; empty when there are none.
    package let alarms: [String]

    package init(members: [Member], alarms: [String]) {
        self.members = members
        self.alarms = alarms
    }

    /// Whether a majority of members is healthy and no alarm is raised, so that writes are possible.
    package var isWritable: Bool {
        members.count { $0.isHealthy } * 2 > members.count && alarms.isEmpty
    }
}
