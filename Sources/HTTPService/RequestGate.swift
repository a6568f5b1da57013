import Controller
import Model
import Synchronization

/// What all APIs of a controller share, so that no client can take it from the others: a request runs when it has a place.
///
/// Requests with a large body, whose decision may take a CPU for a while, have a lane of their own with one place; the
/// others never wait for them. Whoever has no place waits in order, project by project, as long as the client is there
/// and ``patience`` lasts. What is refused is refused with ``Overload``.
package final class RequestGate: Sendable {
    /// The smallest body, in bytes, that counts as large. What OpenStack's services send has less: a port has some
    /// hundred bytes, a bulk of twenty 8 kB.
    package static let largeBody = 16_384
    /// How many requests with a large body run at once: one, because a controller with two CPUs needs the other one for
    /// everybody else.
    static let large = RequestLane.Limits(running: 1, runningOfProject: 1)
    /// How many others run at once, and how many of one project: half, so that it always leaves room for others. Most of
    /// their time they wait for the store; no more than this is needed to keep it busy.
    static let small = RequestLane.Limits(running: 64, runningOfProject: 32)
    /// How many requests with a large body of one project wait.
    static let largeWaiting = 8
    /// How many others of one project wait. With those that run this is fewer than the proxy sends to one API at once
    /// (`DeploymentSettings.backendConnections`), so that a project that sends without an end is refused before it has
    /// taken all that the proxy has for others.
    static let smallWaiting = 64
    /// How many of a project wait whose caller is an administrator, as OpenStack's own services are: they are not to be
    /// refused because many hosts ask at the same time.
    static let smallWaitingOfAdministrators = 512
    /// How long a request waits for a place. What it leaves of ``APIResponder/patience`` is enough to do it.
    package static let patience = Duration.seconds(2)

    private enum Outcome {
        case runs
        case refused
        case tooLate
        case gone
    }

    private struct Waiter {
        let project: String
        let isLarge: Bool
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var large = RequestLane(limits: RequestGate.large)
        var small = RequestLane(limits: RequestGate.small)
        var nextTicket = 0
        var waiters: [RequestLane.Ticket: Waiter] = [:]

        mutating func arrive(_ ticket: Int, _ claim: Claim) -> RequestLane.Admission {
            claim.isLarge
                ? large.arrive(ticket, of: claim.project, waitingLimit: claim.waitingLimit)
                : small.arrive(ticket, of: claim.project, waitingLimit: claim.waitingLimit)
        }

        mutating func end(_ claim: Claim) -> [Waiter] {
            let started = claim.isLarge ? large.end(of: claim.project) : small.end(of: claim.project)
            return started.compactMap { waiters.removeValue(forKey: $0) }
        }

        mutating func forget(_ ticket: Int) -> Waiter? {
            guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
            if waiter.isLarge {
                large.forget(ticket, of: waiter.project)
            } else {
                small.forget(ticket, of: waiter.project)
            }
            return waiter
        }
    }

    private struct Claim {
        let project: String
        let isLarge: Bool
        let waitingLimit: Int
    }

    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    /// - Parameter sleep: waits, and ends as soon as its task is cancelled.
    package init(sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }) {
        self.sleep = sleep
    }

    /// How many requests wait for a place.
    package var waitingCount: Int { state.withLock { $0.waiters.count } }

    /// Does a request's work in its place.
    ///
    /// - Throws: what the work throws; ``Overload``; `CancellationError` when the task is cancelled before there is a place.
    package func withPlace<Result>(
        for caller: EditContext.Caller, bodySize: Int, _ work: () async throws -> Result
    ) async throws -> Result {
        let isLarge = bodySize >= Self.largeBody
        let claim = Claim(
            project: caller.projectID.isEmpty ? caller.userID : caller.projectID, isLarge: isLarge,
            waitingLimit: isLarge
                ? Self.largeWaiting : caller.isAdmin ? Self.smallWaitingOfAdministrators : Self.smallWaiting)
        switch await enter(claim) {
        case .runs: break
        case .gone: throw CancellationError()
        case .refused:
            throw Overload(
                reason: "\(claim.waitingLimit) requests of this project\(isLarge ? " with a large body" : "")"
                    + " wait already; send fewer at once")
        case .tooLate:
            throw Overload(reason: "other requests keep the controller busy; this one had no turn; try again later")
        }
        defer { leave(claim) }
        return try await work()
    }

    private func enter(_ claim: Claim) async -> Outcome {
        let (ticket, isIn) = state.withLock { state in
            defer { state.nextTicket += 1 }
            // Most requests find a place, and need nothing of what those need that wait.
            let atOnce = Claim(project: claim.project, isLarge: claim.isLarge, waitingLimit: 0)
            return (state.nextTicket, state.arrive(state.nextTicket, atOnce) == .runs)
        }
        return isIn ? .runs : await wait(claim, ticket: ticket)
    }

    private func wait(_ claim: Claim, ticket: RequestLane.Ticket) async -> Outcome {
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Outcome? = state.withLock { state in
                    // A task is cancelled before its handler is called, which finds the waiter from here on.
                    if Task.isCancelled { return .gone }
                    switch state.arrive(ticket, claim) {
                    case .runs: return .runs
                    case .refused: return .refused
                    case .waits:
                        state.waiters[ticket] = Waiter(
                            project: claim.project, isLarge: claim.isLarge, continuation: continuation)
                        return nil
                    }
                }
                if let known { return continuation.resume(returning: known) }
                timer = Task {
                    guard (try? await self.sleep(Self.patience)) != nil else { return }
                    self.end(ticket, .tooLate)
                }
            }
        } onCancel: {
            end(ticket, .gone)
        }
    }

    private func end(_ ticket: RequestLane.Ticket, _ outcome: Outcome) {
        state.withLock { $0.forget(ticket) }?.continuation.resume(returning: outcome)
    }

    private func leave(_ claim: Claim) {
        for waiter in state.withLock({ $0.end(claim) }) { waiter.continuation.resume(returning: .runs) }
    }
}
