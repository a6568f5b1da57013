import Store
import Synchronization

/// Asks the store for its newest revision on behalf of many readers at once.
///
/// A reader may only use an answer to a question that was asked after the reader came. So readers that come while a
/// question is under way wait for the next one, together, and one question is under way at a time: the busier the
/// controller, the less of a question is each reader's.
final class RevisionProbe: Sendable {
    private let store: any ConfigStore
    private let surroundings: Surroundings
    private let queue = Mutex(Queue())

    fileprivate struct Queue {
        /// Those who wait for the next question.
        var waiting = WaitingList<Void, Result<Revision, StoreError>>()
        /// Those who wait for the answer to the one under way.
        var asked = WaitingList<Void, Result<Revision, StoreError>>()
        var phase = Phase.idle
        var gathering = ProbeGathering()
        var last: Outcome?
    }

    fileprivate enum Phase {
        case idle
        /// Somebody waits for a moment, and then asks.
        case gathering
        case asking
    }

    fileprivate enum Step {
        case wait(Duration)
        case ask
        case nothing
    }

    /// How the last question ended.
    struct Outcome: Sendable {
        let time: ContinuousClock.Instant
        let result: Result<Revision, StoreError>

        var revision: Revision? { try? result.get() }
        var failure: StoreError? {
            if case .failure(let error) = result { error } else { nil }
        }
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
    /// - Returns: nil when the store has not answered by the deadline, or the task was cancelled. The question goes on, for
    ///   those who still wait.
    /// - Throws: the store's error; at once during an ``outage``, so that clients of a side without a majority are told so
    ///   and do not wait.
    func newest(until deadline: ContinuousClock.Instant) async throws(StoreError) -> Revision? {
        if let outage { throw outage }
        return try await question(until: deadline)
    }

    /// The same, but asks the store in any case.
    func question(until deadline: ContinuousClock.Instant? = nil) async throws(StoreError) -> Revision? {
        let result: Result<Revision, StoreError>? = await Waiter.wait(until: deadline) { waiter in
            let step = queue.withLock { queue in
                queue.waiting.add(waiter)
                return queue.nextStep()
            }
            if case .nothing = step { return nil }
            Task(executorPreference: surroundings.executor) { await self.work(step) }
            return nil
        } leave: { waiter in
            queue.withLock { queue in
                queue.waiting.remove(waiter)
                queue.asked.remove(waiter)
            }
        }
        return try result?.get()
    }

    /// How many readers wait.
    var waitingCount: Int { queue.withLock { $0.waiting.count + $0.asked.count } }

    /// Ends waits; see ``WaitingList/takeExpired(at:)``.
    func endWaits(at now: ContinuousClock.Instant?) {
        let expired = queue.withLock { queue in
            queue.waiting.takeExpired(at: now) + queue.asked.takeExpired(at: now)
        }
        for waiter in expired { waiter.end(nil) }
    }

    /// Asks as often as there is somebody who waits.
    private func work(_ first: Step) async {
        var step = first
        while true {
            switch step {
            case .nothing: return
            case .wait(let pause):
                try? await surroundings.sleep(pause)
                step = queue.withLock { queue in
                    // The last of those who were expected may have come and begun meanwhile.
                    guard queue.phase == .gathering else { return .nothing }
                    // And all may have gone.
                    queue.phase = queue.waiting.isEmpty ? .idle : .asking
                    return queue.phase == .idle ? .nothing : .ask
                }
            case .ask: step = await ask()
            }
        }
    }

    private func ask() async -> Step {
        let count = queue.withLock { queue in
            queue.asked = queue.waiting
            queue.waiting = WaitingList()
            return queue.asked.count
        }
        let begin = surroundings.now()
        let result: Result<Revision, StoreError>
        do {
            result = .success(try await store.latestRevision())
        } catch {
            result = .failure(error)
        }
        let now = surroundings.now()
        let (asked, step) = queue.withLock { queue in
            queue.last = Outcome(time: now, result: result)
            queue.gathering.questionEnded(
                answered: count, waiting: queue.waiting.count, after: begin.duration(to: now))
            queue.phase = .idle
            return (queue.asked.takeAll(), queue.waiting.isEmpty ? .nothing : queue.nextStep())
        }
        for waiter in asked { waiter.end(result) }
        return step
    }
}

extension RevisionProbe.Queue {
    /// What is to be done for the readers that wait, by whoever asks first.
    fileprivate mutating func nextStep() -> RevisionProbe.Step {
        if phase == .asking { return .nothing }
        guard let pause = gathering.pause(waiting: waiting.count) else {
            phase = .asking
            return .ask
        }
        defer { phase = .gathering }
        return phase == .gathering ? .nothing : .wait(pause)
    }
}
