import EtcdAPI
import GRPCCore
import Logging
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

/// The members as one: chooses whom to ask, and asks another one when that is safe.
final class EtcdCluster: Sendable {
    /// How long a probe may take, and how soon the next one follows.
    private enum Probe {
        static let patience = Duration.seconds(1)
        static let intervalWhenReady = Duration.seconds(1)
        static let intervalWhenAway = Duration.milliseconds(100)
    }

    /// When a call is slow that other members must take part in: after which time it doubts, how often it looks again, and how
    /// long the member that it waits for, and then the others, may take to say how they are.
    private enum Doubt {
        static let patience = Duration.milliseconds(200)
        static let interval = Duration.milliseconds(50)
        static let patienceOfStatus = Duration.milliseconds(500)
        static let patienceOfOthers = Duration.milliseconds(300)
    }

    /// How long a call may wait for an open stream before another member is asked.
    private static let openingPatience = Duration.milliseconds(300)
    /// How often a call looks again while no member is ready.
    private static let readyInterval = Duration.milliseconds(20)

    let members: [EtcdMember]
    /// How long a call may take in all.
    let deadline: Duration
    private let order: Mutex<MemberOrder>
    private let health: Mutex<[MemberHealth]>
    private let logger: Logger

    init(members: [EtcdMember], deadline: Duration, logger: Logger) {
        self.members = members
        self.deadline = deadline
        self.logger = logger
        order = Mutex(MemberOrder(count: members.count))
        health = Mutex(Array(repeating: MemberHealth(), count: members.count))
    }

    /// Keeps the connections up and probes the members until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for index in members.indices {
                group.addTask { await self.members[index].run() }
                group.addTask { await self.probe(index) }
            }
        }
    }

    /// The member to ask first, when one is ready within the deadline.
    func readyMember() async throws(StoreError) -> EtcdMember {
        members[try await readyMembers(until: .now + deadline)[0]]
    }

    /// Makes a call that may be made twice.
    ///
    /// - Parameter patience: when to ask a second member without giving up the first, and when to give up an attempt.
    func ask<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, patience: Patience
    ) async throws(StoreError) -> Response {
        let end = ContinuousClock.now + deadline
        while true {
            let ready = try await readyMembers(until: end)
            let limit = min(end, .now + patience.attempt)
            let answer: Result<Response, StoreError>?
            if ready.count == 1 {
                answer = await attempt(method, request, member: ready[0], until: limit, mayDoubt: true).settled
            } else {
                answer = await race(method, request, members: ready, hedge: patience.hedge, until: limit)
            }
            if let answer { return try answer.get() }
            if ContinuousClock.now >= end { throw away(after: deadline) }
        }
    }

    /// Makes a call that must not be made twice: another member is asked only when it certainly had no effect.
    ///
    /// - Throws: ``StoreError/Code/unknownOutcome`` when it may have had one.
    func askOnce<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request
    ) async throws(StoreError) -> Response {
        let end = ContinuousClock.now + deadline
        while true {
            let ready = try await readyMembers(until: end)
            let result: Result<Response, CallFailure> = await attempt(
                method, request, member: ready[0], until: end, mayDoubt: true)
            switch result {
            case .success(let response): return response
            case .failure(let failure) where failure.effect == .unknown:
                throw StoreError(.unknownOutcome, failure.error.message)
            case .failure(let failure) where !failure.isOfMember: throw failure.error
            case .failure: if ContinuousClock.now >= end { throw away(after: deadline) }
            }
        }
    }

    /// Makes a call with one certain member, which it can answer by itself.
    func ask<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, member index: Int, patience: Duration
    ) async -> Result<Response, CallFailure> {
        await attempt(method, request, member: index, until: .now + patience, requiresLeader: false)
    }

    private func readyMembers(until end: ContinuousClock.Instant) async throws(StoreError) -> [Int] {
        while true {
            if Task.isCancelled { throw StoreError(.unavailable, "the call was cancelled") }
            let ready = order.withLock(\.ready)
            if !ready.isEmpty { return ready }
            guard ContinuousClock.now < end else { throw away(after: deadline) }
            try? await Task.sleep(for: Self.readyInterval)
        }
    }

    private func away(after time: Duration) -> StoreError {
        let reasons = order.withLock(\.reasons)
        let detail = reasons.isEmpty ? "no member answered" : reasons.joined(separator: "; ")
        return StoreError(.unavailable, "no answer within \(time): \(detail)")
    }
}

// MARK: - One attempt

extension EtcdCluster {
    /// Makes the call with one member, notes whether the member failed, and gives up at `end`, or sooner when no stream
    /// opens.
    ///
    /// - Parameter mayDoubt: whether to give up, too, as soon as it is likely that no answer will come.
    private func attempt<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, member index: Int, until end: ContinuousClock.Instant,
        requiresLeader: Bool = true, mayDoubt: Bool = false
    ) async -> Result<Response, CallFailure> {
        let sent = SentMark()
        let member = members[index]
        let term = mayDoubt ? health.withLock { $0[index].term } : 0
        let result = await withTaskGroup(of: Outcome<Response>.self) { group in
            group.addTask {
                do throws(CallFailure) {
                    return .answered(
                        .success(try await member.call(method, request, requiresLeader: requiresLeader, sent: sent)))
                } catch {
                    return .answered(.failure(error))
                }
            }
            group.addTask { await self.patienceEnds(at: end, sent: sent) }
            if mayDoubt { group.addTask { .gaveUp(await self.doubt(index, term: term)) } }
            let first = await group.next() ?? .gaveUp("the call was cancelled")
            group.cancelAll()
            switch first {
            case .answered(let result): return result
            case .gaveUp(let words):
                return .failure(
                    CallFailure(
                        effect: sent.isSet ? .unknown : .none, isOfMember: true,
                        error: StoreError(.unavailable, "\(member.endpoint): \(words)")))
            }
        }
        if case .failure(let failure) = result { note(failure, of: index) }
        return result
    }

    private enum Outcome<Response: Sendable>: Sendable {
        case answered(Result<Response, CallFailure>)
        case gaveUp(String)
    }

    private func patienceEnds<Response>(at end: ContinuousClock.Instant, sent: SentMark) async -> Outcome<Response> {
        let opening = ContinuousClock.now + Self.openingPatience
        if opening < end {
            try? await Task.sleep(until: opening)
            if !sent.isSet { return .gaveUp("no connection") }
        }
        try? await Task.sleep(until: end)
        return .gaveUp(sent.isSet ? "no answer in time" : "no connection")
    }

    /// Returns when the member is unlikely to answer a request that it was sent in the term.
    private func doubt(_ index: Int, term: UInt64) async -> String {
        try? await Task.sleep(for: Doubt.patience)
        while !Task.isCancelled {
            if health.withLock({ $0[index].beginExamination() }) {
                await examine(index)
                health.withLock { $0[index].endExamination() }
            }
            if let reason = health.withLock({ $0[index].reasonToGiveUp(sentIn: term) }) { return reason }
            try? await Task.sleep(for: Doubt.interval)
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

    private func race<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, members: [Int], hedge: Duration,
        until end: ContinuousClock.Instant
    ) async -> Result<Response, StoreError>? {
        await withTaskGroup(of: Lap<Response>.self) { group in
            var waiting = members[...]
            func startNext() {
                guard let index = waiting.popFirst() else { return }
                group.addTask {
                    .finished(index, await self.attempt(method, request, member: index, until: end, mayDoubt: true))
                }
                if !waiting.isEmpty {
                    group.addTask {
                        try? await Task.sleep(for: hedge)
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

    private func note(_ failure: CallFailure, of index: Int) {
        guard failure.isOfMember, !Task.isCancelled else { return }
        let wasReady = order.withLock { order in
            let wasReady = order.ready.contains(index)
            order.failed(index, reason: failure.error.message)
            return wasReady
        }
        if wasReady {
            logger.warning(
                "a member of the store does not answer", metadata: ["reason": "\(failure.error.message)"])
        }
    }

    private func probe(_ index: Int) async {
        while !Task.isCancelled {
            var isReady = false
            if case .success(let status) = await status(of: index, patience: Probe.patience), status.leader != 0 {
                isReady = true
                noteAnswer(of: index)
            }
            try? await Task.sleep(for: isReady ? Probe.intervalWhenReady : Probe.intervalWhenAway)
        }
    }

    /// How a member says it is, without asking the others.
    func status(of index: Int, patience: Duration) async -> Result<Etcdserverpb_StatusResponse, CallFailure> {
        let result: Result<Etcdserverpb_StatusResponse, CallFailure> = await ask(
            Etcdserverpb_Maintenance.Method.Status.descriptor, Etcdserverpb_StatusRequest(), member: index,
            patience: patience)
        if case .success(let status) = result {
            health.withLock { $0[index].answered(term: status.raftTerm, leader: status.leader) }
        }
        return result
    }

    private func noteAnswer(of index: Int) {
        let wasReady = order.withLock { order in
            let wasReady = order.ready.contains(index)
            order.answered(index)
            return wasReady
        }
        if !wasReady {
            logger.info("a member of the store answers", metadata: ["member": "\(members[index].endpoint)"])
        }
    }
}

extension Result where Failure == CallFailure {
    /// The result when it is the cluster's, nil when another member may give a better one.
    fileprivate var settled: Result<Success, StoreError>? {
        switch self {
        case .success(let value): .success(value)
        case .failure(let failure): failure.isOfMember ? nil : .failure(failure.error)
        }
    }
}
