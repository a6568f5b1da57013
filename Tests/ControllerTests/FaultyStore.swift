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

    /// How questions for the newest revision are answered.
    enum Questions {
        case answered
        case failed
        /// Not at all until they are answered or failed again.
        case kept
    }

    private struct Asked {
        var mode = Questions.answered
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let store: any ConfigStore
    private let asked = Mutex(Asked())
    private let faults = Mutex<[Fault]>([])
    private let commits = Mutex(0)
    private struct Grants {
        var count = 0
        var refusals = 0
        /// What ends before a lease is given.
        var kept: AsyncStream<Void>?
    }

    private let grants = Mutex(Grants())

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

    /// Says how questions are answered from now on, and those that were kept.
    func questions(are mode: Questions) {
        let waiting = asked.withLock { asked in
            asked.mode = mode
            defer { asked.waiting = [] }
            return asked.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func latestRevision() async throws(StoreError) -> Revision {
        await withCheckedContinuation { continuation in
            let isKept = asked.withLock { asked in
                guard case .kept = asked.mode else { return false }
                asked.waiting.append(continuation)
                return true
            }
            if !isKept { continuation.resume() }
        }
        if case .failed = asked.withLock(\.mode) { throw StoreError(.unavailable, "no majority") }
        return try await store.latestRevision()
    }
    func list(prefix: String) async throws(StoreError) -> Listing { try await store.list(prefix: prefix) }
    func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        store.watch(prefix: prefix, after: revision)
    }
    /// How often a lease was asked for.
    var grantCount: Int { grants.withLock { $0.count } }
    /// From now on a lease is refused so many times.
    func refuseLeases(_ times: Int) { grants.withLock { $0.refusals = times } }

    /// From now on a lease is given when the stream is finished.
    func keepLeases() -> AsyncStream<Void>.Continuation {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        grants.withLock { $0.kept = stream }
        return continuation
    }

    func grantLease(seconds: Int) async throws(StoreError) -> LeaseID {
        let isRefused = grants.withLock { grants in
            grants.count += 1
            guard grants.refusals > 0 else { return false }
            grants.refusals -= 1
            return true
        }
        if let kept = grants.withLock(\.kept) { for await _ in kept {} }
        if isRefused { throw StoreError(.unavailable, "refused by the test") }
        return try await store.grantLease(seconds: seconds)
    }
    func keepAlive(_ lease: LeaseID) async throws(StoreError) { try await store.keepAlive(lease) }
    func revoke(_ lease: LeaseID) async throws(StoreError) { try await store.revoke(lease) }
    func health() async -> StoreHealth { await store.health() }
    func close() async { await store.close() }
}
