import Store
import Synchronization

/// When each lease ends, and the task that ends it.
///
/// The terms are kept in the database; the deadlines are of this process alone.
final class LeaseClock: Sendable {
    private struct State {
        var terms: [LeaseID: (deadline: Duration, seconds: Int64)] = [:]
        /// When the sleeping task will look again, and the task.
        var wake: (at: Duration, task: Task<Void, Never>)?
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Time since the store was opened.
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let end: @Sendable (LeaseClock, LeaseID) async -> Void

    /// - Parameter end: revokes a lease of which ``isOver(_:)`` is true, and then calls ``stop(_:)``; where it fails it
    ///   is called again a little later.
    init(clock: some Clock<Duration>, end: @escaping @Sendable (LeaseClock, LeaseID) async -> Void) {
        let origin = clock.now
        now = { origin.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        self.end = end
    }

    /// Gives the lease a full term from now.
    func start(_ lease: LeaseID, seconds: Int64) {
        state.withLock { state in
            state.terms[lease] = (now() + .seconds(seconds), seconds)
            arm(&state)
        }
    }

    /// Gives the lease another full term from now, unless its term is over.
    func restart(_ lease: LeaseID) -> Bool {
        state.withLock { state in
            guard let (deadline, seconds) = state.terms[lease], deadline > now() else { return false }
            state.terms[lease] = (now() + .seconds(seconds), seconds)
            return true
        }
    }

    /// Forgets a lease that has ended.
    func stop(_ lease: LeaseID) {
        state.withLock { $0.terms[lease] = nil }
    }

    /// Whether the lease's term is over, or the lease is not known.
    func isOver(_ lease: LeaseID) -> Bool {
        state.withLock { state in
            guard let term = state.terms[lease] else { return true }
            return term.deadline <= now()
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.wake?.task.cancel()
            state.wake = nil
        }
    }

    /// Sees to it that a task wakes at the earliest deadline.
    private func arm(_ state: inout State) {
        guard !state.isClosed, let earliest = state.terms.values.map(\.deadline).min() else { return }
        if let wake = state.wake, wake.at <= earliest { return }
        state.wake?.task.cancel()
        // Not at once: a lease that could not be ended, on a full disk say, must not keep a processor busy.
        let pause = max(earliest - now(), .milliseconds(50))
        let task = Task { [weak self] in
            guard let sleep = self?.sleep, (try? await sleep(pause)) != nil, !Task.isCancelled else { return }
            await self?.endOverdue()
        }
        state.wake = (earliest, task)
    }

    private func endOverdue() async {
        let overdue = state.withLock { state in
            let time = now()
            return state.terms.filter { $0.value.deadline <= time }.map(\.key)
        }
        for lease in overdue { await end(self, lease) }
        state.withLock { state in
            state.wake = nil
            arm(&state)
        }
    }
}
