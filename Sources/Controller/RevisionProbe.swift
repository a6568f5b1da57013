import Store
import Synchronization

/// Asks the store for its newest revision on behalf of many readers at once.
///
/// A reader may only use an answer to a question that was asked after the reader came. So readers that come while a
/// question is under way wait for the next one, together; up to ``lanes`` questions are under way at a time, so that
/// nobody waits for more than one answer plus a part of another.
final class RevisionProbe: Sendable {
    /// How many questions may be under way at once.
    static let lanes = 2

    private let store: any ConfigStore
    private let surroundings: Surroundings
    private let queue = Mutex(Queue())

    private struct Queue {
        var waiting: [CheckedContinuation<Result<Revision, StoreError>, Never>] = []
        var running = 0
        var last: Outcome?
    }

    /// How the last question ended.
    struct Outcome: Sendable {
        let time: ContinuousClock.Instant
        let failure: StoreError?
    }

    init(store: any ConfigStore, surroundings: Surroundings) {
        self.store = store
        self.surroundings = surroundings
    }

    /// How the last question ended, nil before the first.
    var last: Outcome? { queue.withLock { $0.last } }

    /// Why the store is known to be away: the last question was given more time than an election takes, and failed.
    /// ``question()`` must be asked again and again to find out when that is over.
    var outage: StoreError? { last?.failure }

    /// A revision not older than any commit that was acknowledged before this call.
    ///
    /// - Throws: the store's error; at once during an ``outage``, so that clients of a side without a majority are told so
    ///   and do not wait.
    func newest() async throws(StoreError) -> Revision {
        if let outage { throw outage }
        return try await question()
    }

    /// The same, but asks the store in any case.
    func question() async throws(StoreError) -> Revision {
        let result = await withCheckedContinuation { continuation in
            let starts = queue.withLock { queue in
                queue.waiting.append(continuation)
                guard queue.running < Self.lanes else { return false }
                queue.running += 1
                return true
            }
            if starts { Task(executorPreference: surroundings.executor) { await self.ask() } }
        }
        return try result.get()
    }

    private func ask() async {
        while true {
            let waiting = queue.withLock { queue in
                let waiting = queue.waiting
                queue.waiting = []
                if waiting.isEmpty { queue.running -= 1 }
                return waiting
            }
            if waiting.isEmpty { return }
            let result: Result<Revision, StoreError>
            do {
                result = .success(try await store.latestRevision())
            } catch {
                result = .failure(error)
            }
            let now = surroundings.now()
            queue.withLock { queue in
                if case .failure(let error) = result {
                    queue.last = Outcome(time: now, failure: error)
                } else {
                    queue.last = Outcome(time: now, failure: nil)
                }
            }
            for continuation in waiting { continuation.resume(returning: result) }
        }
    }
}
