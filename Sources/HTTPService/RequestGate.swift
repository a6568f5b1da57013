import Controller
import Model
import Synchronization

/// What all APIs of a controller share, so that no client can take it from the others: a request runs when it has a place.
///
/// Requests with a large body, whose decision may take a CPU for a while, have a lane of their own with one place; the
/// others never wait for them. Whoever has no place waits in order, project by project, as long as the client is there
/// and ``patience`` lasts. What is refused is refused with ``Overload``, or with `Controller.ServiceError`, so that the
/// proxy asks another controller, when it is not other requests that are in its way but a store that does not answer.
package final class RequestGate: Sendable {
    /// The smallest body, in bytes, that counts as large. What OpenStack's services send has less: a port has some
    /// hundred bytes, a bulk of twenty 8 kB.
    package static let largeBody = 16_384
    /// As how many bytes of a body an object in it counts at least: a hundred objects are a large body, however short they
    /// are. A bulk of twenty ports, each with all that OpenStack's services say of it, has fewer.
    package static let bytesOfObject = 164
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
    /// refused because many hosts ask at the same time. It is what the proxies of both virtual IPs send to both APIs at
    /// once (`DeploymentSettings.backendConnections`, four times), so that it keeps nothing free for others, who wait in
    /// the proxy then: services are trusted to end.
    static let smallWaitingOfAdministrators = 512
    /// How many refusals are recorded at once: few beside the requests that run. What one costs the store, a commit, is as
    /// much as a small request; those that are not recorded yet wait, and are at most as many as the proxies have sent.
    static let refusals = RequestLane.Limits(running: 8, runningOfProject: 8)
    /// How many pieces of streamed answers are made at once, beyond each answer's first, which is made in the request's place:
    /// one, and then the next project's, so that a list without an end costs others no more than one piece's time on one of
    /// the CPUs. Nobody is refused: whoever waits has an open connection, of which the proxies have few.
    static let pieces = RequestLane.Limits(running: 1, runningOfProject: 1)
    /// How long a request waits for a place. What it leaves of ``APIResponder/patience`` is enough to do it.
    package static let patience = Duration.seconds(2)
    /// How long a request waits in all: for its place, and then for one in which its refusal is recorded. What this leaves of
    /// ``APIResponder/patience`` is for the record.
    static let patienceWithRefusal = Duration.milliseconds(2500)

    private enum Lane: Hashable {
        case large
        case small
        case refusals
        case pieces
    }

    private enum Outcome {
        case runs
        case refused
        case tooLate
        /// Nor did any place of the lane become free meanwhile.
        case stuck
        case gone
    }

    private struct Waiter {
        let project: String
        let lane: Lane
        /// How many requests of the lane had ended when this one came.
        let ended: Int
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var lanes: [Lane: RequestLane] = [
            .large: RequestLane(limits: RequestGate.large), .small: RequestLane(limits: RequestGate.small),
            .refusals: RequestLane(limits: RequestGate.refusals), .pieces: RequestLane(limits: RequestGate.pieces),
        ]
        var ended: [Lane: Int] = [:]
        var nextTicket = 0
        var waiters: [RequestLane.Ticket: Waiter] = [:]

        mutating func arrive(_ ticket: Int, _ claim: Claim) -> RequestLane.Admission {
            lanes[claim.lane]?.arrive(ticket, of: claim.project, waitingLimit: claim.waitingLimit) ?? .refused
        }

        mutating func end(_ claim: Claim) -> [Waiter] {
            ended[claim.lane, default: 0] += 1
            return lanes[claim.lane]?.end(of: claim.project).compactMap { waiters.removeValue(forKey: $0) } ?? []
        }

        mutating func forget(_ ticket: Int) -> Waiter? {
            guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
            lanes[waiter.lane]?.forget(ticket, of: waiter.project)
            return waiter
        }
    }

    private struct Claim {
        let project: String
        let lane: Lane
        let waitingLimit: Int
    }

    private let outage: @Sendable () -> String?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - outage: why the store is known not to answer, nil while it does.
    ///   - now: the time that ``patience`` is measured by.
    ///   - sleep: waits, and ends as soon as its task is cancelled.
    package init(
        outage: @escaping @Sendable () -> String? = { nil },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.outage = outage
        self.now = now
        self.sleep = sleep
    }

    /// How many requests wait for a place.
    package var waitingCount: Int { state.withLock { $0.waiters.count } }

    /// Does a request's work in its place.
    ///
    /// - Parameter refusal: how the request is refused when that takes work, which may also find an answer; it is done in a
    ///   place of its own. Nil when the overload is simply thrown.
    /// - Throws: what the work throws; ``Overload``; `Controller.ServiceError`; `CancellationError` when the task is
    ///   cancelled before there is a place.
    package func withPlace<Result>(
        for caller: EditContext.Caller, bodySize: Int, _ work: () async throws -> Result,
        refusal: (Overload) -> (() async throws -> Result)? = { _ in nil }
    ) async throws -> Result {
        let isLarge = bodySize >= Self.largeBody
        let project = Self.project(of: caller)
        let claim = Claim(
            project: project, lane: isLarge ? .large : .small,
            waitingLimit: isLarge
                ? Self.largeWaiting : caller.isAdmin ? Self.smallWaitingOfAdministrators : Self.smallWaiting)
        let overload: Overload
        let end = now() + Self.patienceWithRefusal
        switch await enter(claim, within: Self.patience) {
        case .runs:
            defer { leave(claim) }
            return try await work()
        case .gone: throw CancellationError()
        case .stuck:
            throw ServiceError(reason: outage() ?? "no request under way ended in the time that one waits for a place")
        case .refused:
            overload = Overload(
                reason: "\(claim.waitingLimit) requests of this project\(isLarge ? " with a large body" : "")"
                    + " wait already; send fewer at once")
        case .tooLate:
            overload = Overload(
                reason: "other requests keep the controller busy; this one had no turn; try again later")
        }
        if let reason = outage() { throw ServiceError(reason: reason) }
        guard let refuse = refusal(overload) else { throw overload }
        let place = Claim(project: project, lane: .refusals, waitingLimit: .max)
        switch await enter(place, within: now().duration(to: end)) {
        case .runs:
            defer { leave(place) }
            return try await refuse()
        case .gone: throw CancellationError()
        case .refused, .tooLate, .stuck: throw ServiceError(reason: "\(overload.reason) (not recorded)")
        }
    }

    /// Makes the next piece of an answer in its turn.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before its turn comes.
    package func withTurn<Piece>(for caller: EditContext.Caller, _ make: () async throws -> Piece) async throws -> Piece
    {
        let claim = Claim(project: Self.project(of: caller), lane: .pieces, waitingLimit: .max)
        // The turn of each comes as soon as those before it have made theirs, which nothing can hold up.
        guard case .runs = await enter(claim, within: nil) else { throw CancellationError() }
        defer { leave(claim) }
        return try await make()
    }

    private static func project(of caller: EditContext.Caller) -> String {
        caller.projectID.isEmpty ? caller.userID : caller.projectID
    }

    /// - Parameter patience: nil waits without a limit.
    private func enter(_ claim: Claim, within patience: Duration?) async -> Outcome {
        let (ticket, isIn) = state.withLock { state in
            defer { state.nextTicket += 1 }
            // Most requests find a place, and need nothing of what those need that wait.
            let atOnce = Claim(project: claim.project, lane: claim.lane, waitingLimit: 0)
            return (state.nextTicket, state.arrive(state.nextTicket, atOnce) == .runs)
        }
        return isIn ? .runs : await wait(claim, ticket: ticket, within: patience)
    }

    private func wait(_ claim: Claim, ticket: RequestLane.Ticket, within patience: Duration?) async -> Outcome {
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
                            project: claim.project, lane: claim.lane, ended: state.ended[claim.lane] ?? 0,
                            continuation: continuation)
                        return nil
                    }
                }
                if let known { return continuation.resume(returning: known) }
                guard let patience else { return }
                timer = Task {
                    guard (try? await self.sleep(patience)) != nil else { return }
                    self.endLate(ticket)
                }
            }
        } onCancel: {
            end(ticket, .gone)
        }
    }

    private func endLate(_ ticket: RequestLane.Ticket) {
        let isStuck = state.withLock { state in
            state.waiters[ticket].map { $0.ended == state.ended[$0.lane] ?? 0 } ?? false
        }
        end(ticket, isStuck ? .stuck : .tooLate)
    }

    private func end(_ ticket: RequestLane.Ticket, _ outcome: Outcome) {
        guard let waiter = state.withLock({ $0.forget(ticket) }) else { return }
        waiter.continuation.resume(returning: outcome)
    }

    private func leave(_ claim: Claim) {
        for waiter in state.withLock({ $0.end(claim) }) { waiter.continuation.resume(returning: .runs) }
    }
}
