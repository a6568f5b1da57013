import Store
import Synchronization

/// Where the requests of this process claim keys. Its lock is held for a few operations on sets, whatever a request says:
/// nobody decides under it.
final class ClaimDesk: Sendable {
    private struct State {
        var claims = PendingClaims()
        /// Those who wait for the first turn to end.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// A request begins to decide; it must end.
    func beginDecision() -> PendingClaims.Decision { state.withLock { $0.claims.beginDecision() } }
    func end(_ decision: PendingClaims.Decision) { state.withLock { $0.claims.end(decision) } }

    /// How many requests wait for another one's turn to end.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Claims keys, after the turns of others.
    ///
    /// - Returns: what was claimed; nil when another request has claimed one of the keys since the decision began.
    func claim(
        _ wanted: [String], by decision: PendingClaims.Decision, turn: PendingClaims.Turn?
    ) async -> [String]? {
        while true {
            switch state.withLock({ $0.claims.claim(wanted, by: decision, turn: turn) }) {
            case .claimed(let keys): return keys
            case .clash: return nil
            case .waits: await opens(to: turn)
            }
        }
    }

    /// Asks for a turn and waits until it has begun. It must be ended.
    func takeTurn() async -> PendingClaims.Turn {
        let turn = state.withLock { $0.claims.takeTurn() }
        await opens(to: turn)
        return turn
    }

    func end(_ turn: PendingClaims.Turn) {
        let waiting = state.withLock { state in
            state.claims.end(turn)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func commit(_ keys: [String], at revision: Revision) { state.withLock { $0.claims.commit(keys, at: revision) } }
    func release(_ keys: [String]) { state.withLock { $0.claims.release(keys) } }
    func reached(_ revision: Revision) { state.withLock { $0.claims.reached(revision) } }

    /// A turn lasts as long as one decision, so that nothing needs to end this wait sooner.
    private func opens(to turn: PendingClaims.Turn?) async {
        while !state.withLock({ $0.claims.isOpen(to: turn) }) {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.claims.isOpen(to: turn) { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isOpen { continuation.resume() }
            }
        }
    }
}
