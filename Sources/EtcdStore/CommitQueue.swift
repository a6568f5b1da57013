import Store
import Synchronization

/// Commits the transactions of many callers with few requests.
///
/// A transaction goes at once while few requests are under way. Those that come meanwhile wait for one of them to end, and
/// then go together, as far as they do not conflict: the members of the store write one entry to their disks and send one
/// message to each watcher, instead of as many as there are transactions. So the busier it is, the less one costs.
final class CommitQueue: Sendable {
    /// How many requests may be under way at once.
    static let lanes = 2

    typealias Outcome = Result<CommitOutcome, StoreError>

    private struct State {
        var nextID = 0
        var running = 0
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
                case .begin: Task { await self.work() }
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
        case begin
        case wait
        case end
    }

    private func enter(_ commit: WaitingCommits.Commit, _ caller: CheckedContinuation<Outcome, Never>) -> Next {
        state.withLock { state in
            if state.cancelled.contains(commit.id) { return .end }
            state.waiting.append(commit)
            state.callers[commit.id] = caller
            guard state.running < Self.lanes else { return .wait }
            state.running += 1
            return .begin
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

    /// One request after the other, until nobody waits.
    private func work() async {
        while true {
            let group = state.withLock { state in
                let group = state.waiting.takeGroup()
                if group.isEmpty { state.running -= 1 }
                return group
            }
            if group.isEmpty { return }
            let outcomes = await send(group.map(\.transaction))
            let callers = state.withLock { state in group.map { state.callers.removeValue(forKey: $0.id) } }
            for (caller, outcome) in zip(callers, outcomes) { caller?.resume(returning: outcome) }
        }
    }
}
