import Foundation
import GRDB
import Store

/// The store of the embedded controller: one SQLite database, in a file or in memory, used by this process alone.
///
/// A commit is durable when it is acknowledged; the revision is a counter of transactions that changed something. A
/// watch that cannot keep up is served from the log of changes, and ends only when the log no longer reaches back.
package final class SQLiteStore: ConfigStore {
    private let database: DatabaseQueue
    private let path: String?
    private let watches: WatchList
    private let writer: GroupCommit
    private let leases: LeaseClock

    /// Opens the database, and makes it where there is none. Every lease gets a full term from now.
    ///
    /// - Parameters:
    ///   - path: the file, or nil for a database in memory that ends with the store.
    ///   - retainedRevisions: how many revisions a watch can go back at least.
    ///   - clock: what the terms of leases are measured with.
    /// - Throws: ``StoreError/Code/unavailable`` when the file cannot be opened or another process uses it,
    ///   ``StoreError/Code/corrupt`` when it is not a store.
    package init(
        path: String?, retainedRevisions: Int = 10_000, clock: some Clock<Duration> = ContinuousClock()
    ) throws(StoreError) {
        let database = try DatabaseFile.open(path: path)
        let watches = WatchList()
        let writer = GroupCommit(database: database, retainedRevisions: retainedRevisions) { batches, newest in
            watches.publish(batches, newest: newest)
        }
        leases = LeaseClock(clock: clock) { clock, lease in
            // When this fails the lease stays overdue, and the clock comes back to it.
            try? await writer.submit { writer in
                guard clock.isOver(lease) else { return }
                try writer.end(lease)
            }
            // A keep-alive that came first has moved the deadline.
            if clock.isOver(lease) { clock.stop(lease) }
        }
        self.database = database
        self.path = path
        self.watches = watches
        self.writer = writer
        try start()
    }

    private func start() throws(StoreError) {
        do {
            let (newest, terms) = try database.inDatabase { database in
                (try History(database).revision, try Row.fetchAll(database, sql: "SELECT number, seconds FROM leases"))
            }
            watches.begin(at: newest)
            for term in terms { leases.start(LeaseID(term["number"]), seconds: term["seconds"]) }
        } catch {
            throw StoreError(opening: path ?? "memory", error)
        }
    }

    package func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        try transaction.checkLimits()
        return try await writer.submit { [leases] writer in
            let current = Revision(writer.revision.number - 1)
            guard try writer.holds(transaction.preconditions) else { return .refused(at: current) }
            for case .put(_, _, let lease?) in transaction.changes where lease.number != 0 {
                guard try writer.exists(lease), !leases.isOver(lease) else {
                    throw StoreError(.leaseNotFound, "lease \(lease.number) has ended")
                }
            }
            try writer.apply(transaction.changes)
            return .committed(writer.events.isEmpty ? current : writer.revision)
        }
    }

    package func latestRevision() async throws(StoreError) -> Revision {
        watches.newest
    }

    package func list(prefix: String) async throws(StoreError) -> Listing {
        do {
            return try await database.writeWithoutTransaction { database in
                let statement = try database.cachedStatement(
                    sql: "SELECT key, value, created, modified FROM entries WHERE \(KeyBounds.condition) ORDER BY key")
                var entries: [StoredEntry] = []
                let rows = try Row.fetchCursor(statement, arguments: KeyBounds(prefix: prefix).arguments)
                while let row = try rows.next() {
                    entries.append(
                        StoredEntry(
                            key: String(decoding: row.bytes("key"), as: UTF8.self), value: row.bytes("value"),
                            created: Revision(row["created"]), modified: Revision(row["modified"])))
                }
                return Listing(revision: try History(database).revision, entries: entries)
            }
        } catch {
            throw StoreError(error)
        }
    }

    package func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        let watch = Watch(prefix: prefix, after: revision)
        let identifier = ObjectIdentifier(watch)
        watches.add(watch)
        return watch.feed.stream(
            onDemand: { [database] in
                guard watch.isBehind else { return }
                database.asyncWriteWithoutTransaction { watch.catchUp($0) }
            },
            onEnd: { [watches] in watches.remove(identifier) })
    }

    package func grantLease(seconds: Int) async throws(StoreError) -> LeaseID {
        guard (1...StoreLimits.leaseSeconds).contains(seconds) else {
            throw StoreError(.invalid, "a lease of \(seconds) seconds; from 1 to \(StoreLimits.leaseSeconds)")
        }
        let lease = try await writer.submit { writer in
            try writer.database.execute(sql: "INSERT INTO leases (seconds) VALUES (?)", arguments: [seconds])
            return LeaseID(writer.database.lastInsertedRowID)
        }
        leases.start(lease, seconds: Int64(seconds))
        return lease
    }

    package func keepAlive(_ lease: LeaseID) async throws(StoreError) {
        guard leases.restart(lease) else { throw StoreError(.leaseNotFound, "lease \(lease.number) has ended") }
    }

    package func revoke(_ lease: LeaseID) async throws(StoreError) {
        try await writer.submit { try $0.end(lease) }
        leases.stop(lease)
    }

    package func health() async -> StoreHealth {
        let member: StoreHealth.Member
        do {
            _ = try await database.writeWithoutTransaction { try History($0) }
            member = StoreHealth.Member(
                name: "embedded", endpoint: path ?? "memory", isHealthy: true, isLeader: true, reason: "")
        } catch {
            member = StoreHealth.Member(
                name: "embedded", endpoint: path ?? "memory", isHealthy: false, isLeader: true,
                reason: StoreError(error).message)
        }
        return StoreHealth(members: [member], alarms: [])
    }

    /// Forgets the history up to and including a revision: watches from before it end with
    /// ``StoreError/Code/compacted``. The store does so by itself for what is older than `retainedRevisions`.
    package func compact(through revision: Revision) async throws(StoreError) {
        try await writer.submit { writer in
            let newest = Revision(writer.revision.number - 1)
            try ChangeLog.compact(writer.database, through: min(revision, newest))
        }
    }

    package func close() async {
        writer.close()
        leases.close()
        watches.close()
        // What was accepted before is done before the file is closed; an error of it has reached its own caller.
        try? await database.writeWithoutTransaction { _ in }
        try? database.close()
    }
}
