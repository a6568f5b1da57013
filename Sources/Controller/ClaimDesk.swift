import Store
import Synchronization

/// Where the requests of this process claim keys. Its lock is held for a few operations on sets, whatever a request says:
/// nobody decides under it.
final class ClaimDesk: Sendable {
    private struct State {
        var claims = PendingClaims()
        /// Those who wait for their turn to begin; those without one, for all turns to end.
        var waiting = WaitingList<PendingClaims.Turn?, Void>()
    }

    private let state = Mutex(State())

    /// A request begins to decide; it must end.
    func beginDecision() -> PendingClaims.Decision { state.withLock { $0.claims.beginDecision() } }
    func end(_ decision: PendingClaims.Decision) { state.withLock { $0.claims.end(decision) } }

    /// How many requests wait for another one's turn to end.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// How many keys are claimed.
    var pendingCount: Int { state.withLock { $0.claims.keys.count } }

    /// Claims keys, after the turns of others.
    ///
    /// - Returns: what was claimed; nil when another request has claimed one of the keys since the decision began, and when
    ///   the turns of others have lasted until the deadline, or the task was cancelled meanwhile.
    func claim(
        _ wanted: [String], by decision: PendingClaims.Decision, turn: PendingClaims.Turn?,
        until deadline: ContinuousClock.Instant
    ) async -> [String]? {
        while true {
            switch state.withLock({ $0.claims.claim(wanted, by: decision, turn: turn) }) {
            case .claimed(let keys): return keys
            case .clash: return nil
            case .waits: guard await opens(to: turn, until: deadline) else { return nil }
            }
        }
    }

    /// Asks for a turn, and waits until it has begun, the deadline has come or the task is cancelled. It must be ended in
    /// each case.
    func takeTurn(until deadline: ContinuousClock.Instant) async -> PendingClaims.Turn {
        let turn = state.withLock { $0.claims.takeTurn() }
        _ = await opens(to: turn, until: deadline)
        return turn
    }

    func end(_ turn: PendingClaims.Turn) {
        let ready = state.withLock { state in
            state.claims.end(turn)
            return state.waiting.take { [claims = state.claims] in claims.isOpen(to: $0) }
        }
        for waiter in ready { waiter.end(()) }
    }

    /// Ends waits; see ``WaitingList/takeExpired(at:)``.
    func endWaits(at now: ContinuousClock.Instant?) {
        for waiter in state.withLock({ $0.waiting.takeExpired(at: now) }) { waiter.end(nil) }
    }

    func commit(_ keys: [String], at revision: Revision) { state.withLock { $0.claims.commit(keys, at: revision) } }
    func release(_ keys: [String]) { state.withLock { $0.claims.release(keys) } }
    func reached(_ revision: Revision) { state.withLock { $0.claims.reached(revision) } }

    /// - Returns: whether it has become open; another turn may have begun since.
    private func opens(to turn: PendingClaims.Turn?, until deadline: ContinuousClock.Instant) async -> Bool {
        let event: Void? = await Waiter.wait(until: deadline) { waiter in
            state.withLock { state in
                if state.claims.isOpen(to: turn) { return () }
                state.waiting.add(waiter, for: turn)
                return nil
            }
        } leave: { waiter in
            state.withLock { $0.waiting.remove(waiter) }
        }
        return event != nil
    }
}
