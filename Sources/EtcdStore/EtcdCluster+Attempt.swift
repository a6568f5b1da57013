import EtcdAPI
import GRPCCore
import Store
import SwiftProtobuf
import Synchronization

/// How long a call that may be made twice waits for a member.
struct Patience {
    /// Until a second member is asked as well.
    let hedge: Duration
    /// Until the attempt is given up and made anew.
    let attempt: Duration

    /// A question that is answered at once or never.
    static let probe = Patience(hedge: .milliseconds(100), attempt: .seconds(1))
    /// A page of a listing, which may be large.
    static let page = Patience(hedge: .milliseconds(250), attempt: .seconds(4))
    /// A change that is the same when it is made twice.
    static let lease = Patience(hedge: .milliseconds(500), attempt: .seconds(1))
}

/// What one attempt is given.
struct AttemptTerms {
    /// How long the member may take, counted in ``Steps``.
    let patience: Duration
    /// When the whole call must be over.
    let end: ContinuousClock.Instant
    /// Whether the member needs the others for its answer.
    var needsOthers = true
}

/// Waiting for others is counted in steps and not measured: where this process itself gets no time, on a loaded machine
/// or while it is stopped, the steps take longer too, and a member is not taken for dead that has answered long ago.
enum Steps {
    static let length = Duration.milliseconds(50)

    /// How many steps a duration is; a step that has begun already does not count as one.
    static func count(_ duration: Duration) -> Int { Int((duration / length).rounded(.up)) + 1 }
}

/// After which time a call doubts that it will be answered, and how long its member, and then the others, may take to say
/// how they are.
private enum Doubt {
    static let patience = Duration.milliseconds(200)
    static let patienceOfStatus = Duration.milliseconds(500)
    static let patienceOfOthers = Duration.milliseconds(300)
}

/// One call that was made with one member.
struct Attempt: Sendable {
    let call: UnaryCall
    let member: Int
    let terms: AttemptTerms
    /// The member's raft term when it was asked; 0 when that is not known.
    let raftTerm: UInt64
    var steps = 0
}

extension EtcdCluster {
    /// Hands a call to the connection of a member. ``watchAttempts()`` gives it up when its terms are over, and as soon as
    /// an answer is unlikely to come. Somebody must await its result.
    func begin(_ request: UnaryRequest, member index: Int, terms: AttemptTerms) -> Attempt {
        let attempt = Attempt(
            call: UnaryCall(request), member: index, terms: terms, raftTerm: health.withLock { $0[index].term })
        attempts.withLock { $0[ObjectIdentifier(attempt.call)] = attempt }
        members[index].calls.begin(attempt.call)
        return attempt
    }

    /// Awaits the end of a call and notes whether the member failed.
    ///
    /// - Parameter steps: after how many steps to return nil, while the call goes on.
    func result<Response: Message>(of attempt: Attempt, within steps: Int = .max) async -> Result<
        Response, CallFailure
    >? {
        guard let answer = await attempt.call.answer(within: steps) else { return nil }
        attempts.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(attempt.call)) }
        let result: Result<Response, CallFailure> = members[attempt.member].read(answer)
        if case .failure(let failure) = result { note(failure, of: attempt.member) }
        return result
    }

    /// Makes the call with one member.
    func attempt<Response: Message>(
        _ request: UnaryRequest, member index: Int, terms: AttemptTerms
    ) async -> Result<Response, CallFailure> {
        let attempt = begin(request, member: index, terms: terms)
        while true {
            if let result: Result<Response, CallFailure> = await result(of: attempt) { return result }
        }
    }

    /// Gives up calls, one look at all of them in each step, until the task is cancelled.
    func watchAttempts() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                try? await Task.sleep(for: Steps.length)
                for attempt in step() where attempt.isInDoubt {
                    let index = attempt.member
                    guard health.withLock({ $0[index].beginExamination() }) else { continue }
                    group.addTask {
                        await self.examine(index)
                        self.health.withLock { $0[index].endExamination() }
                    }
                }
            }
        }
    }

    /// One step is over for all calls.
    ///
    /// - Returns: those that go on.
    private func step() -> [Attempt] {
        let now = ContinuousClock.now
        let waiting = attempts.withLock { attempts in
            for key in attempts.keys { attempts[key]?.steps += 1 }
            return Array(attempts.values)
        }
        return waiting.filter { attempt in
            attempt.call.step()
            guard let reason = reasonToGiveUp(attempt, now) else { return true }
            attempt.call.giveUp(.deadlineExceeded, reason)
            return false
        }
    }

    /// Why it is no use to wait any longer.
    private func reasonToGiveUp(_ attempt: Attempt, _ now: ContinuousClock.Instant) -> String? {
        if now >= attempt.terms.end || attempt.hasWaited(attempt.terms.patience) { return "no answer in time" }
        guard attempt.isInDoubt else { return nil }
        return health.withLock { $0[attempt.member].reasonToGiveUp(sentIn: attempt.raftTerm) }
    }

    private func examine(_ index: Int) async {
        guard case .failure = await status(of: index, patience: Doubt.patienceOfStatus) else { return }
        for other in members.indices where other != index {
            guard case .success = await status(of: other, patience: Doubt.patienceOfOthers) else { continue }
            guard !Task.isCancelled else { return }
            return health.withLock { $0[index].wasSilent() }
        }
    }

    /// Makes the call with the first member, with the next one, too, when that has not answered in time, and so on.
    ///
    /// - Returns: the first answer that settles it, nil when no member has given one.
    func race<Response: Message>(
        _ request: UnaryRequest, members: [Int], patience: Patience, until end: ContinuousClock.Instant
    ) async -> Result<Response, StoreError>? {
        let terms = AttemptTerms(patience: patience.attempt, end: end)
        let hedge = Steps.count(patience.hedge)
        var waiting = members[...]
        guard let first = waiting.popFirst() else { return nil }
        let attempt = begin(request, member: first, terms: terms)
        // Nearly always this is all there is to it, and no task of its own is needed.
        let result: Result<Response, CallFailure>? = await result(of: attempt, within: waiting.isEmpty ? .max : hedge)
        if let settled = result?.settled { return settled }
        return await withTaskGroup(of: Lap<Response>.self) { group in
            var running = 0
            func follow(_ attempt: Attempt, within steps: Int) {
                running += 1
                group.addTask { .ended(attempt, await self.result(of: attempt, within: steps)) }
            }
            func startNext() {
                guard ContinuousClock.now < end, let index = waiting.popFirst() else { return }
                follow(begin(request, member: index, terms: terms), within: waiting.isEmpty ? .max : hedge)
            }
            if result == nil { follow(attempt, within: .max) }
            startNext()
            while running > 0, let lap = await group.next() {
                running -= 1
                guard case .ended(let attempt, let result) = lap else { continue }
                if let settled = result?.settled {
                    group.cancelAll()
                    if attempt.member != first {
                        order.withLock { $0.prefer(attempt.member) }
                        health.withLock { $0[first].wasLate() }
                    }
                    return settled
                }
                if result == nil { follow(attempt, within: .max) }
                startNext()
            }
            return nil
        }
    }

    private enum Lap<Response: Sendable>: Sendable {
        /// The result is nil when it was time to ask the next member, too.
        case ended(Attempt, Result<Response, CallFailure>?)
    }
}

extension Attempt {
    /// Whether the member has taken so long that it may not answer at all.
    fileprivate var isInDoubt: Bool { terms.needsOthers && hasWaited(Doubt.patience) }

    fileprivate func hasWaited(_ duration: Duration) -> Bool { steps >= Steps.count(duration) }
}

extension Result where Failure == CallFailure {
    /// The result when it is the cluster's, nil when another member may give a better one.
    var settled: Result<Success, StoreError>? {
        switch self {
        case .success(let value): .success(value)
        case .failure(let failure): failure.isOfMember ? nil : .failure(failure.error)
        }
    }
}
