import GRDB
import Store
import Synchronization

/// One write that waits for its turn.
struct QueuedWrite: Sendable {
    /// Does it, and returns how to tell its caller the result, to be called when it is durable.
    let perform: @Sendable (inout TransactionWriter) throws -> @Sendable () -> Void
    /// Tells its caller that it was not done.
    let refuse: @Sendable (StoreError) -> Void
}

/// The store's only writer: what arrives while the disk is busy is committed together, with one sync for all.
///
/// Each write still has a revision of its own, and is told to watches as a batch of its own.
final class GroupCommit: Sendable {
    private struct Waiting {
        var writes: [QueuedWrite] = []
        var isRunning = false
        var isClosed = false
    }

    /// Most writes in one SQLite transaction: keeps the wait of the first one short.
    private static let largestGroup = 256
    /// Most writes that may wait; more than a loaded machine has requests in flight.
    private static let mostWaiting = 16_384

    private let waiting = Mutex(Waiting())
    private let database: DatabaseQueue
    private let retainedRevisions: Int64
    private let publish: @Sendable (_ batches: [WatchBatch], _ newest: Revision) -> Void

    /// - Parameter publish: called after each durable group and before its callers are answered, on the writer's thread.
    init(
        database: DatabaseQueue, retainedRevisions: Int,
        publish: @escaping @Sendable (_ batches: [WatchBatch], _ newest: Revision) -> Void
    ) {
        self.database = database
        self.retainedRevisions = Int64(max(1, retainedRevisions))
        self.publish = publish
    }

    /// Waits until the write is durable.
    func submit<Value: Sendable>(
        _ write: @escaping @Sendable (inout TransactionWriter) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            enqueue(
                QueuedWrite(
                    perform: { writer in
                        let value = try write(&writer)
                        return { continuation.resume(returning: .success(value)) }
                    },
                    refuse: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    /// Refuses everything from now on; what waits is still done.
    func close() {
        waiting.withLock { $0.isClosed = true }
    }

    private func enqueue(_ write: QueuedWrite) {
        let (refusal, mustStart) = waiting.withLock { waiting -> (StoreError?, Bool) in
            if waiting.isClosed { return (StoreError(.unavailable, "the store is closed"), false) }
            if waiting.writes.count >= Self.mostWaiting {
                return (StoreError(.unavailable, "\(waiting.writes.count) transactions are waiting already"), false)
            }
            waiting.writes.append(write)
            defer { waiting.isRunning = true }
            return (nil, !waiting.isRunning)
        }
        if let refusal { write.refuse(refusal) }
        if mustStart { database.asyncWriteWithoutTransaction { self.run($0) } }
    }

    private func run(_ database: Database) {
        while let group = nextGroup() {
            commit(group, to: database)
        }
    }

    private func nextGroup() -> [QueuedWrite]? {
        waiting.withLock { waiting in
            guard !waiting.writes.isEmpty else {
                waiting.isRunning = false
                return nil
            }
            let group = Array(waiting.writes.prefix(Self.largestGroup))
            waiting.writes.removeFirst(group.count)
            return group
        }
    }

    private func commit(_ group: [QueuedWrite], to database: Database) {
        var replies: [@Sendable () -> Void] = []
        var batches: [WatchBatch] = []
        let newest: Revision
        do {
            try database.beginTransaction(.immediate)
            newest = try perform(group, on: database, replies: &replies, batches: &batches)
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            for write in group { write.refuse(StoreError(error)) }
            return
        }
        do {
            try database.commit()
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            let reason = StoreError(error)
            // A sync that failed may have reached the disk all the same, and come back after a restart.
            let code: StoreError.Code = reason.code == .full || batches.isEmpty ? reason.code : .unknownOutcome
            for write in group { write.refuse(StoreError(code, reason.message)) }
            return
        }
        publish(batches, newest)
        for reply in replies { reply() }
    }

    private func perform(
        _ group: [QueuedWrite], on database: Database, replies: inout [@Sendable () -> Void],
        batches: inout [WatchBatch]
    ) throws -> Revision {
        let history = try History(database)
        var revision = history.revision
        for write in group {
            var writer = TransactionWriter(database: database, revision: Revision(revision.number + 1))
            do {
                replies.append(try write.perform(&writer))
            } catch let error as StoreError where writer.events.isEmpty {
                replies.append { write.refuse(error) }
            }
            guard !writer.events.isEmpty else { continue }
            revision = writer.revision
            batches.append(WatchBatch(revision: revision, events: writer.events))
        }
        if revision > history.revision {
            let statement = try database.cachedStatement(sql: "UPDATE history SET revision = ?")
            try statement.execute(arguments: [revision.number])
        }
        // In portions, so that no commit waits for the removal of very much.
        if revision.number - history.compacted.number > retainedRevisions + max(retainedRevisions / 8, 1) {
            try ChangeLog.compact(database, through: Revision(revision.number - retainedRevisions))
        }
        return revision
    }
}

/// Where the history begins and ends.
struct History {
    let revision: Revision
    /// Changes up to and including this one are forgotten.
    let compacted: Revision

    init(_ database: Database) throws {
        let statement = try database.cachedStatement(sql: "SELECT revision, compacted FROM history")
        guard let row = try Row.fetchOne(statement) else {
            throw StoreError(.corrupt, "SQLite: the table history is empty")
        }
        revision = Revision(row["revision"])
        compacted = Revision(row["compacted"])
    }
}
