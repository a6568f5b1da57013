import HashTreeCollections
import JSON
import Logging
import Model
import ServiceLifecycle
import Store
import Time

/// The configuration as a service: linearizable reads and exactly-once writes, over a replica that the store's watch feeds.
package final class ConfigService: Service, Sendable {
    /// How long a request may wait for the replica to follow, or try again after conflicts, when its caller sets no
    /// deadline, before it gets a 503.
    static let patience = Duration.seconds(8)
    /// How long before its deadline a request that was always decided in vain is refused: time for the record of that.
    static let refusalTime = Duration.milliseconds(500)
    /// How often a request may find that what it chose was claimed meanwhile, until it asks for a turn.
    static let clashLimit = 3

    /// How long a request may be repeated, at least, and still is done only once.
    package static let repetitionLimit = Duration.seconds(RequestRecord.seconds)

    package let store: any ConfigStore
    package let replica: Replica
    let surroundings: Surroundings
    private let probe: RevisionProbe
    private let lease: RecordLease
    private let logger: Logger
    let clock: @Sendable () -> Timestamp
    private let addFirstObjects: @Sendable (inout GraphEdit) throws -> Void
    private let recordsNotices: Bool
    private let share: AllocationShare
    let claims = ClaimDesk()

    /// - Parameters:
    ///   - clock: the time of day that objects and notices carry.
    ///   - recordsNotices: whether changes leave notices for the broker.
    ///   - share: where this controller looks for addresses and numbers first when it is busy.
    ///   - addFirstObjects: adds what must exist and does not; called until it has been committed once.
    ///   - surroundings: the machine's, or a test's.
    package init(
        store: any ConfigStore, schema: Schema, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        recordsNotices: Bool, share: AllocationShare = .whole,
        addFirstObjects: @escaping @Sendable (inout GraphEdit) throws -> Void,
        surroundings: Surroundings = .system
    ) {
        self.store = store
        self.surroundings = surroundings
        self.logger = logger
        self.clock = clock
        self.addFirstObjects = addFirstObjects
        self.recordsNotices = recordsNotices
        self.share = share
        replica = Replica(store: store, schema: schema, logger: logger, surroundings: surroundings)
        probe = RevisionProbe(store: store, surroundings: surroundings)
        lease = RecordLease(store: store, surroundings: surroundings)
        replica.onChange { [weak self] state in
            self?.claims.reached(state.snapshot.revision)
        }
    }

    /// Follows the store and makes the first objects; ends with a graceful shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.follow() }
    }

    /// The same, until the task is cancelled.
    package func follow() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.replica.run() }
            group.addTask { await self.bootstrap() }
            group.addTask { await self.keepProbing() }
            group.addTask { await self.endWaits() }
        }
    }

    /// The state at a revision that is not older than any write acknowledged, by any controller, before this call.
    ///
    /// Calls that overlap share one question to the store; the answer comes from memory.
    ///
    /// - Parameter deadline: until when the request waits for the store and the replica; nil for the service's own
    ///   ``patience``.
    /// - Throws: also when the task is cancelled meanwhile.
    package func state(deadline: ContinuousClock.Instant? = nil) async throws(ServiceError) -> ControllerState {
        let deadline = deadline ?? surroundings.now() + Self.patience
        let newest: Revision?
        do {
            newest = try await probe.newest(until: deadline)
        } catch {
            throw ServiceError(reason: error.description)
        }
        guard let newest else { throw ServiceError(reason: "the store does not answer in time") }
        guard await replica.reached(newest, within: surroundings.now().duration(to: deadline)) else {
            throw ServiceError(reason: replica.fault ?? "the store's changes do not arrive in time")
        }
        return replica.state
    }

    /// Decides and commits a change, exactly once for each request id; a refusal is as final as a change.
    ///
    /// `decide` is called with a recent state and an empty edit of it; when what it was based on changes before the
    /// commit, it is called again with a newer state. When it throws, the error is rethrown, but never because of an old
    /// state: it is asked once more after the state has caught up.
    ///
    /// When the task is cancelled, because nobody waits for the answer any more, nothing further is decided or sent; a
    /// commit that was sent stays sent, and the record says what became of it.
    ///
    /// - Parameters:
    ///   - requestID: what the proxy gave the request; nil when a repetition cannot happen.
    ///   - traceID: the id that notices carry, `req-…`.
    ///   - deadline: until when something may be sent to the store; nil for the service's own ``patience``.
    /// - Returns: the answer of `decide`, or, for a request that was already done, the recorded one.
    /// - Throws: what `decide` throws, ``ServiceError``, ``Overload`` when others were always faster, `CancellationError`.
    package func write(
        requestID: String?, traceID: String, caller: EditContext.Caller, deadline: ContinuousClock.Instant? = nil,
        decide: @Sendable (ControllerState, inout GraphEdit) throws -> APIAnswer
    ) async throws -> APIAnswer {
        let recordID = requestID ?? "local-\(surroundings.random())"
        let giveUp = deadline ?? surroundings.now() + Self.patience
        var request = Request(traceID: traceID, caller: caller, giveUp: giveUp)
        var isFresh = false
        var attempt = 0
        while true {
            try Task.checkCancellation()
            let record = record(recordID, in: replica.state)
            if case .done(let answer)? = record { return answer }
            if let outage = probe.outage { throw ServiceError(reason: outage.description) }
            let proposal: Proposal
            do {
                proposal = try await propose(request, attempt: &attempt, decide: decide)
            } catch let error as CancellationError {
                throw error
            } catch {
                guard isFresh || error is Overload || error is ServiceError else {
                    _ = try await self.state(deadline: giveUp)
                    isFresh = true
                    continue
                }
                // Nobody repeats a request without an id.
                if record != nil || requestID == nil || error is ServiceError { throw error }
                proposal = .refusal(error)
            }
            if record == .refused {
                claims.release(proposal.claimed)
                throw ServiceError(reason: "this request was refused before; send it as a new one")
            }
            // What changes nothing leaves a record all the same, as a refusal does: an earlier attempt that a controller still
            // holds would find something to change later, such as an address that somebody has taken meanwhile.
            if requestID == nil, !proposal.isRefusal, proposal.transaction.changes.isEmpty {
                return try proposal.answer.get()
            }
            switch try await commit(proposal, recordID: recordID, giveUp: giveUp) {
            case .done: return try proposal.answer.get()
            case .again(let revision):
                attempt += 1
                let left = surroundings.now().duration(to: giveUp)
                guard left > .zero else { throw Self.lateness }
                if revision == nil { request.isContest = false }
                let isThere = if let revision { await replica.reached(revision, within: left) } else { false }
                if !isThere { _ = try await self.state(deadline: giveUp) }
                isFresh = false
            }
        }
    }

    /// Refuses a request that has not been decided, as finally as ``write(requestID:traceID:caller:deadline:decide:)`` does:
    /// no attempt at it, by any controller, changes anything any more.
    ///
    /// - Returns: the recorded answer of a request that was already done.
    /// - Throws: the overload when the refusal is recorded, ``ServiceError`` when it could not be, `CancellationError`.
    package func refuse(
        requestID: String?, for overload: Overload, deadline: ContinuousClock.Instant? = nil
    ) async throws -> APIAnswer {
        try await write(requestID: requestID, traceID: "", caller: .system, deadline: deadline) { _, _ in
            throw overload
        }
    }

    /// Why the store is known to be away, nil when it answers as far as is known.
    package var outage: String? { probe.outage?.description }

    /// Why this controller cannot serve now, nil when it can: the replica follows, and a majority of the store answered
    /// within the last two seconds.
    package var unreadiness: String? {
        if let fault = replica.fault { return fault }
        guard let last = probe.last else { return "the store has not been asked yet" }
        if let failure = last.failure { return failure.description }
        if last.time.duration(to: surroundings.now()) > .seconds(2) { return "the store does not answer" }
        return nil
    }

    /// The object that a request names and that cannot be read; nil when there is none.
    package func unreadable(_ named: @autoclosure () -> JSONValue) -> UnreadableObject? {
        let quarantine = replica.state.snapshot.quarantine
        return quarantine.isEmpty ? nil : quarantine.object(namedIn: named())
    }

    /// Whether the store has answered and has changes that have not arrived here. For a moment that is usual.
    package var isBehindStore: Bool {
        guard let newest = probe.last?.revision, !replica.isReadingAll else { return false }
        return replica.state.snapshot.revision < newest
    }

    private struct Request {
        let traceID: String
        let caller: EditContext.Caller
        let giveUp: ContinuousClock.Instant
        /// Whether other requests are all that was in its way, and never a store that did not answer.
        var isContest = true
        /// Until when it is decided: what remains is for the record that others were always faster.
        var lastTry: ContinuousClock.Instant { isContest ? giveUp - ConfigService.refusalTime : giveUp }
    }

    private struct Proposal {
        let transaction: Transaction
        let answer: Result<APIAnswer, any Error>
        let claimed: [String]
        /// The request's record, as it is stored.
        let record: [UInt8]

        var isRefusal: Bool {
            if case .failure = answer { true } else { false }
        }

        /// Changes nothing, and keeps every other attempt at the request from changing anything.
        static func refusal(_ error: any Error) -> Proposal {
            Proposal(
                transaction: Transaction(), answer: .failure(error), claimed: [], record: RequestRecord.refused.stored)
        }
    }

    private enum Progress {
        case done
        /// Decide again, after the replica has reached the revision or, without one, is known to be new.
        case again(Revision?)
    }

    private func record(_ recordID: String, in state: ControllerState) -> RequestRecord? {
        state.snapshot.requests[recordID].flatMap { RequestRecord(stored: $0.value) }
    }

    /// Decides without a lock, and again when another request of this process has claimed meanwhile what was chosen, so
    /// that two of them never end with the same address.
    ///
    /// - Parameter attempt: how often the request was decided in vain, which is counted on.
    /// - Throws: what `decide` throws, ``Overload`` when there is no time for another try, `CancellationError`.
    private func propose(
        _ request: Request, attempt: inout Int,
        decide: (ControllerState, inout GraphEdit) throws -> APIAnswer
    ) async throws -> Proposal {
        let now = clock()
        var clashes = 0
        var turn: PendingClaims.Turn?
        defer { if let turn { claims.end(turn) } }
        while true {
            if attempt > 0 {
                try Task.checkCancellation()
                try checkTime(for: request, attempt: attempt)
            }
            // In this order: a key that is not pending any more can be seen in the state.
            let decision = claims.beginDecision()
            defer { claims.end(decision) }
            let state = replica.state
            let context = EditContext(
                now: now, requestID: request.traceID, caller: request.caller, seed: surroundings.random(),
                attempt: attempt, pendingKeys: decision.pending,
                share: share.part(decision.place))
            var edit = GraphEdit(base: state.snapshot, context: context)
            let answer = try decide(state, &edit)
            let record = RequestRecord.done(answer).stored
            let transaction = try edit.finish(
                recordsNotices: recordsNotices, reserving: RequestRecord.room(of: record))
            let wanted = transaction.changes.isEmpty ? [] : transaction.exclusiveKeys
            if let claimed = await claims.claim(wanted, by: decision, turn: turn, until: request.lastTry) {
                return Proposal(transaction: transaction, answer: .success(answer), claimed: claimed, record: record)
            }
            attempt += 1
            clashes += 1
            if clashes == Self.clashLimit { turn = await claims.takeTurn(until: request.lastTry) }
        }
    }

    /// - Throws: ``Overload`` or ``ServiceError`` when there is no time for another try.
    private func checkTime(for request: Request, attempt: Int) throws {
        let now = surroundings.now()
        if request.isContest, now >= request.lastTry {
            throw Overload(reason: "other requests changed what this one is about \(attempt) times; try again later")
        }
        if now >= request.giveUp { throw Self.lateness }
    }

    private static let lateness = ServiceError(reason: "the change could not be committed in time; try again")

    private func commit(
        _ proposal: Proposal, recordID: String, giveUp: ContinuousClock.Instant
    ) async throws -> Progress {
        var transaction = proposal.transaction
        let recordKey = StoreKey.request(recordID).path
        transaction.preconditions.append(.absent(recordKey))
        var recordLease: LeaseID?
        do throws(StoreError) {
            guard let id = try await lease.current(until: giveUp) else {
                throw StoreError(.unavailable, Self.lateness.reason)
            }
            recordLease = id
            // A process that was stopped meanwhile must not come back to a request that another one has long answered.
            guard surroundings.now() < giveUp else {
                throw StoreError(.unavailable, Self.lateness.reason)
            }
            transaction.changes.append(.put(recordKey, proposal.record, lease: id))
            switch try await store.commit(transaction) {
            case .committed(let revision):
                claims.commit(proposal.claimed, at: revision)
                if replica.state.snapshot.revision >= revision { claims.reached(revision) }
                return .done
            case .refused(let revision):
                claims.release(proposal.claimed)
                return .again(revision)
            }
        } catch {
            claims.release(proposal.claimed)
            try Task.checkCancellation()
            switch error.code {
            case .unknownOutcome:
                // The record decides: with it the change was made, without it a second try cannot make it twice.
                logger.notice("a commit's outcome is unknown", metadata: ["request": "\(recordID)"])
                return .again(nil)
            case .leaseNotFound:
                if let recordLease { lease.forget(recordLease) }
                return .again(nil)
            case .unavailable, .compacted, .full, .corrupt, .invalid:
                throw ServiceError(reason: error.description)
            }
        }
    }

    private func bootstrap() async {
        while !Task.isCancelled {
            do {
                _ = try await write(requestID: nil, traceID: "req-bootstrap", caller: .system) { state, edit in
                    try self.addFirstObjects(&edit)
                    return APIAnswer(status: 200)
                }
                return
            } catch {
                logger.debug("the first objects are not there yet", metadata: ["reason": "\(error)"])
                try? await surroundings.sleep(.milliseconds(200))
            }
        }
    }

    /// Ends the waits of requests whose deadline has come. A tick of 100 ms is exact enough for deadlines of seconds and costs
    /// a request nothing, unlike a timer of its own.
    private func endWaits() async {
        while !Task.isCancelled {
            try? await surroundings.sleep(.milliseconds(100))
            let now = Task.isCancelled ? nil : surroundings.now()
            replica.endWaits(at: now)
            probe.endWaits(at: now)
            lease.endWaits(at: now)
            claims.endWaits(at: now)
        }
    }

    /// Asks the store a few times a second, so that readiness is known when nobody asks.
    private func keepProbing() async {
        while !Task.isCancelled {
            _ = try? await probe.question()
            try? await surroundings.sleep(.milliseconds(250))
        }
    }
}
