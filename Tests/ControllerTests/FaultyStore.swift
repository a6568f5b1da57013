import Store
import Synchronization

/// A store in front of a real one that fails when told to: before a commit is done, or after it.
final class FaultyStore: ConfigStore {
    enum Fault {
        /// The commit is not done, and the caller is not told whether it was.
        case loseRequest
        /// The commit is done, and the caller is not told.
        case loseAnswer
    }

    private let store: any ConfigStore
    private let faults = Mutex<[Fault]>([])
    private let commits = Mutex(0)

    init(_ store: any ConfigStore) {
        self.store = store
    }

    /// The next commits fail like this, in order.
    func fail(_ next: [Fault]) { faults.withLock { $0 += next } }

    /// How many commits were asked for.
    var commitCount: Int { commits.withLock { $0 } }

    func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        commits.withLock { $0 += 1 }
        let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        switch fault {
        case .loseRequest: throw StoreError(.unknownOutcome, "lost on the way there")
        case .loseAnswer:
            _ = try await store.commit(transaction)
            throw StoreError(.unknownOutcome, "lost on the way back")
        case nil: return try await store.commit(transaction)
        }
    }

    func latestRevision() async throws(StoreError) -> Revision { try await store.latestRevision() }
    func list(prefix: String) async throws(StoreError) -> Listing { try await store.list(prefix: prefix) }
    func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        store.watch(prefix: prefix, after: revision)
    }
    func grantLease(seconds: Int) async throws(StoreError) -> LeaseID { try await store.grantLease(seconds: seconds) }
    func keepAlive(_ lease: LeaseID) async throws(StoreError) { try await store.keepAlive(lease) }
    func revoke(_ lease: LeaseID) async throws(StoreError) { try await store.revoke(lease) }
    func health() async -> StoreHealth { await store.health() }
    func close() async { await store.close() }
}
