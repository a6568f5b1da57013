import Store
import Synchronization

/// The lease that idempotency records are put under. It is not kept alive: a new one takes its place after
/// ``seconds``, so that every record lives nearly as long as the lease that any other controller has put, or is about to
/// put, a record of the same request under.
///
/// That is what makes a late commit harmless. A commit may reach the store long after its sender has given up or was
/// stopped, when another controller has done the request already. Either the record is still there, and the commit is
/// refused; or the commit's own lease has ended, and the store refuses it for that.
final class RecordLease: Sendable {
    /// For how long one lease is used for new records: the time by which a late commit's lease can outlive a record.
    static let seconds = 5

    private let store: any ConfigStore
    private let surroundings: Surroundings
    private let state = Mutex(State())

    private struct Held {
        let id: LeaseID
        let asked: ContinuousClock.Instant
    }

    private struct State {
        var held: Held?
        /// Whether the store is being asked for one.
        var isAsked = false
        var waiting = WaitingList<Void, Result<Held, StoreError>>()
    }

    init(store: any ConfigStore, surroundings: Surroundings) {
        self.store = store
        self.surroundings = surroundings
    }

    /// A lease with at least ``RequestRecord/seconds`` left. Calls that need a new one at the same time share it: each
    /// lease costs the store two commits, one when it begins and one when it ends.
    ///
    /// - Returns: nil when the store has given none by the deadline, or the task was cancelled.
    func current(until deadline: ContinuousClock.Instant) async throws(StoreError) -> LeaseID? {
        while true {
            if let held = state.withLock({ $0.held }), isFresh(held) { return held.id }
            guard let new = try await shareNew(until: deadline) else { return nil }
            // Not, when the store took so long that it is old already.
            if isFresh(new) { return new.id }
        }
    }

    /// How many requests wait for a lease.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Ends waits; see ``WaitingList/takeExpired(at:)``.
    func endWaits(at now: ContinuousClock.Instant?) {
        for waiter in state.withLock({ $0.waiting.takeExpired(at: now) }) { waiter.end(nil) }
    }

    /// The store does not know the lease any more.
    func forget(_ id: LeaseID) {
        state.withLock { state in
            if state.held?.id == id { state.held = nil }
        }
    }

    private func isFresh(_ held: Held) -> Bool {
        held.asked.duration(to: surroundings.now()) < .seconds(Self.seconds)
    }

    private func shareNew(until deadline: ContinuousClock.Instant) async throws(StoreError) -> Held? {
        let result: Result<Held, StoreError>? = await Waiter.wait(until: deadline) { waiter in
            let starts = state.withLock { state in
                state.waiting.add(waiter)
                defer { state.isAsked = true }
                return !state.isAsked
            }
            if starts { Task(executorPreference: surroundings.executor) { await self.grant() } }
            return nil
        } leave: { waiter in
            state.withLock { $0.waiting.remove(waiter) }
        }
        return try result?.get()
    }

    private func grant() async {
        let asked = surroundings.now()
        let result: Result<Held, StoreError>
        do {
            let id = try await store.grantLease(seconds: RequestRecord.seconds + Self.seconds)
            result = .success(Held(id: id, asked: asked))
        } catch {
            result = .failure(error)
        }
        let waiting = state.withLock { state in
            if case .success(let new) = result { state.held = new }
            state.isAsked = false
            return state.waiting.takeAll()
        }
        for waiter in waiting { waiter.end(result) }
    }
}
