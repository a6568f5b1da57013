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

    static func wait(_ duration: Duration) async {
        var waited = Duration.zero
        while waited < duration, !Task.isCancelled {
            try? await Task.sleep(for: length)
            waited += length
        }
    }
}

extension EtcdCluster {
    /// How long a call may wait for an open stream.
    private static let patienceOfOpening = Duration.milliseconds(300)

    /// After which time a call doubts that it will be answered, and how long its member, and then the others, may take
    /// to say how they are.
    private enum Doubt {
        static let patience = Duration.milliseconds(200)
        static let patienceOfStatus = Duration.milliseconds(500)
        static let patienceOfOthers = Duration.milliseconds(300)
    }

    private enum Outcome<Response: Sendable>: Sendable {
        case answered(Result<Response, CallFailure>)
        case gaveUp(String)
    }

    /// Makes the call with one member and notes whether the member failed. Gives up when its terms are over, when no
    /// stream opens, and as soon as an answer is unlikely to come.
    func attempt<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, member index: Int, terms: AttemptTerms
    ) async -> Result<Response, CallFailure> {
        let sent = SentMark()
        let member = members[index]
        let result = await withTaskGroup(
            of: Outcome<Response>.self, returning: Result<Response, CallFailure>.self
        ) { group in
            group.addTask {
                do throws(CallFailure) {
                    return .answered(
                        .success(
                            try await member.call(method, request, requiresLeader: terms.needsOthers, sent: sent)))
                } catch {
                    return .answered(.failure(error))
                }
            }
            group.addTask { .gaveUp(await self.giveUp(index, terms: terms, sent: sent)) }
            let first = await group.next() ?? .gaveUp("the call was cancelled")
            group.cancelAll()
            switch first {
            case .answered(let result): return result
            case .gaveUp(let words):
                // Only when the call has ended is it certain whether it was sent; and it may have been answered by now.
                if case .answered(.success(let response)) = await group.next() { return .success(response) }
                return .failure(
                    CallFailure(
                        effect: sent.isSet ? .unknown : .none, isOfMember: true,
                        error: StoreError(.unavailable, "\(member.endpoint): \(words)")))
            }
        }
        if case .failure(let failure) = result { note(failure, of: index) }
        return result
    }

    /// Returns, with the reason, when it is no use to wait any longer.
    private func giveUp(_ index: Int, terms: AttemptTerms, sent: SentMark) async -> String {
        let term = health.withLock { $0[index].term }
        var waited = Duration.zero
        while !Task.isCancelled {
            let pause = min(Steps.length, ContinuousClock.now.duration(to: terms.end))
            guard pause > .zero else { return sent.abandon() ? "no connection" : "no answer in time" }
            try? await Task.sleep(for: pause)
            waited += Steps.length
            guard sent.isSet else {
                if waited >= Self.patienceOfOpening, sent.abandon() { return "no connection" }
                continue
            }
            if waited >= terms.patience { return "no answer in time" }
            guard terms.needsOthers, waited >= Doubt.patience, !Task.isCancelled else { continue }
            if health.withLock({ $0[index].beginExamination() }) {
                await examine(index)
                health.withLock { $0[index].endExamination() }
            }
            if let reason = health.withLock({ $0[index].reasonToGiveUp(sentIn: term) }) { return reason }
        }
        return "the call was cancelled"
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
    func race<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, members: [Int], patience: Patience,
        until end: ContinuousClock.Instant
    ) async -> Result<Response, StoreError>? {
        await withTaskGroup(of: Lap<Response>.self) { group in
            var waiting = members[...]
            func startNext() {
                guard let index = waiting.popFirst() else { return }
                let terms = AttemptTerms(patience: patience.attempt, end: end)
                group.addTask { .finished(index, await self.attempt(method, request, member: index, terms: terms)) }
                if !waiting.isEmpty {
                    group.addTask {
                        await Steps.wait(patience.hedge)
                        return .hedgeIsDue
                    }
                }
            }
            startNext()
            var running = 1
            while running > 0, let lap = await group.next() {
                switch lap {
                case .hedgeIsDue:
                    guard !waiting.isEmpty else { continue }
                    startNext()
                    running += 1
                case .finished(let index, let result):
                    running -= 1
                    if let settled = result.settled {
                        group.cancelAll()
                        if index != members.first { order.withLock { $0.prefer(index) } }
                        return settled
                    }
                    guard !waiting.isEmpty, ContinuousClock.now < end else { continue }
                    startNext()
                    running += 1
                }
            }
            group.cancelAll()
            return nil
        }
    }

    private enum Lap<Response: Sendable>: Sendable {
        case finished(Int, Result<Response, CallFailure>)
        case hedgeIsDue
    }
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
