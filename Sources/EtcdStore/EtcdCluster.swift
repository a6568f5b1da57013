import EtcdAPI
import GRPCCore
import Logging
import Store
import SwiftProtobuf
import Synchronization

/// The members as one: chooses whom to ask, and asks another one when that is safe.
final class EtcdCluster: Sendable {
    /// How long a probe may take, and how soon the next one follows.
    private enum Probe {
        static let patience = Duration.seconds(1)
        static let intervalWhenReady = Duration.seconds(1)
        static let intervalWhenAway = Duration.milliseconds(100)
    }

    /// How often a call looks again while no member is ready.
    private static let readyInterval = Duration.milliseconds(20)

    let members: [EtcdMember]
    /// The store that the members must belong to; nil when any will do.
    let identity: StoreIdentity?
    /// How long a call may take in all.
    let deadline: Duration
    let order: Mutex<MemberOrder>
    let health: Mutex<[MemberHealth]>
    /// The calls under way.
    let attempts = Mutex<[ObjectIdentifier: Attempt]>([:])
    private let logger: Logger

    init(members: [EtcdMember], identity: StoreIdentity?, deadline: Duration, logger: Logger) {
        self.members = members
        self.identity = identity
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
            group.addTask { await self.watchAttempts() }
        }
        // Nobody watches those that are left.
        for attempt in attempts.withLock({ Array($0.values) }) {
            attempt.call.giveUp(.cancelled, "the store was closed")
        }
    }

    /// The member to ask first, when one is ready within the deadline.
    func readyMember() async throws(StoreError) -> EtcdMember {
        members[try await readyMembers(until: .now + deadline)[0]]
    }

    /// Makes a call that may be made twice.
    ///
    /// - Parameters:
    ///   - patience: when to ask a second member without giving up the first, and when to give up an attempt.
    ///   - leaderFirst: whether the member that leads is to be asked before the others, when one is known to.
    func ask<Request: Message, Response: Message>(
        _ method: MethodDescriptor, _ request: Request, patience: Patience, leaderFirst: Bool = false
    ) async throws(StoreError) -> Response {
        let end = ContinuousClock.now + deadline
        let request = try write(method, request)
        while true {
            var ready = try await readyMembers(until: end)
            if leaderFirst, let place = health.withLock({ MemberHealth.leader(among: $0) }).flatMap(ready.firstIndex) {
                ready.insert(ready.remove(at: place), at: 0)
            }
            let answer: Result<Response, StoreError>? = await race(
                request, members: ready, patience: patience, until: end)
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
        let request = try write(method, request)
        while true {
            let ready = try await readyMembers(until: end)
            let result: Result<Response, CallFailure> = await attempt(
                request, member: ready[0], terms: AttemptTerms(patience: deadline, end: end))
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
        do throws(CallFailure) {
            return await attempt(
                try UnaryRequest(method, request, requiresLeader: false), member: index,
                terms: AttemptTerms(patience: patience, end: .now + deadline, needsOthers: false))
        } catch {
            return .failure(error)
        }
    }

    private func write(_ method: MethodDescriptor, _ message: some Message) throws(StoreError) -> UnaryRequest {
        do throws(CallFailure) {
            return try UnaryRequest(method, message)
        } catch {
            throw error.error
        }
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

extension EtcdCluster {
    /// Notes that a call has failed by the member's fault.
    func note(_ failure: CallFailure, of index: Int) {
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
                if let objection = identity?.objection(
                    to: members[index].endpoint, of: status.header.clusterID)
                {
                    refuse(index, objection)
                } else {
                    isReady = true
                    noteAnswer(of: index)
                }
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
            health.withLock {
                $0[index].answered(term: status.raftTerm, leader: status.leader, id: status.header.memberID)
            }
        }
        return result
    }

    /// Keeps a member from being asked, and says so once.
    private func refuse(_ index: Int, _ objection: String) {
        let isKnown = order.withLock { order in
            let isKnown = order.reasons.contains(objection)
            order.failed(index, reason: objection)
            return isKnown
        }
        if !isKnown { logger.error("a member belongs to another store", metadata: ["reason": "\(objection)"]) }
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
