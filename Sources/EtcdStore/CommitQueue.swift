import Store
import Synchronization

/// Commits the transactions of many callers with few requests.
///
/// A transaction goes at once while no request is under way. Those that come meanwhile wait for it to end, and then go
/// together, as far as they do not conflict: the members of the store write one entry to their disks and send one message
/// to each watcher, instead of as many as there are transactions. So the busier it is, the less one costs. One request at a
/// time makes groups twice as large as two would, for at most one answer of the store more of waiting; large transactions
/// have a request of their own (``WaitingCommits/Lane``).
final class CommitQueue: Sendable {
    typealias Outcome = Result<CommitOutcome, StoreError>

    private struct State {
        var nextID = 0
        /// The lanes that have a request under way.
        var running: Set<WaitingCommits.Lane> = []
        var waiting = WaitingCommits()
        var callers: [Int: CheckedContinuation<Outcome, Never>] = [:]
        /// Callers that were cancelled before they began to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())
    private let send: @Sendable ([Transaction]) async -> [Outcome]

    /// - Parameter send: commits transactions that do not conflict, and says what became of each, in their order.
    init(send: @escaping @Sendable ([Transaction]) async -> [Outcome]) {
        self.send = send
    }

    /// Commits a transaction, alone or with others. A caller that is cancelled does not wait for the end.
    func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        let bytes = try transaction.checkLimits()
        let access = AccessSet(transaction)
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next = enter(
                    WaitingCommits.Commit(id: id, transaction: transaction, bytes: bytes, access: access), continuation)
                switch next {
                case .begin(let lane): Task { await self.work(lane) }
                case .wait: break
                case .end: continuation.resume(returning: .failure(Self.cancelled(.unavailable)))
                }
            }
        } onCancel: {
            cancel(id)
        }
        state.withLock { _ = $0.cancelled.remove(id) }
        return try outcome.get()
    }

    /// How many transactions wait for a request to end.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    private enum Next {
        case begin(WaitingCommits.Lane)
        case wait
        case end
    }

    private func enter(_ commit: WaitingCommits.Commit, _ caller: CheckedContinuation<Outcome, Never>) -> Next {
        state.withLock { state in
            if state.cancelled.contains(commit.id) { return .end }
            state.waiting.append(commit)
            state.callers[commit.id] = caller
            return state.running.insert(commit.lane).inserted ? .begin(commit.lane) : .wait
        }
    }

    private func cancel(_ id: Int) {
        let (caller, wasSent) = state.withLock { state in
            guard let caller = state.callers.removeValue(forKey: id) else {
                state.cancelled.insert(id)
                return (CheckedContinuation<Outcome, Never>?.none, false)
            }
            return (caller, !state.waiting.remove(id))
        }
        caller?.resume(returning: .failure(Self.cancelled(wasSent ? .unknownOutcome : .unavailable)))
    }

    private static func cancelled(_ code: StoreError.Code) -> StoreError {
        StoreError(code, "the call was cancelled")
    }

    /// One request of a lane after the other, until nobody waits.
    private func work(_ lane: WaitingCommits.Lane) async {
        while true {
            let group = state.withLock { state in
                let group = state.waiting.takeGroup(lane)
                if group.isEmpty { state.running.remove(lane) }
                return group
            }
            if group.isEmpty { return }
            let outcomes = await send(group.map(\.transaction))
            let callers = state.withLock { state in group.map { state.callers.removeValue(forKey: $0.id) } }
            for (caller, outcome) in zip(callers, outcomes) { caller?.resume(returning: outcome) }
        }
    }
}
