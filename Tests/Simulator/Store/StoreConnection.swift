import SeededChance
import Store
import StoreContents

/// The store as one process reaches it: a `ConfigStore` that does what ``EtcdStore`` promises, and no more.
///
/// Whatever may be done twice is asked for again until the deadline. A commit is sent once: when no answer comes its
/// outcome is unknown, and it may be done at any later time.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
package final class StoreConnection: ConfigStore, @unchecked Sendable {
    private static let deadline: SimulatedTime = 5 * .second
    private static let patience: SimulatedTime = .second

    private let store: SimulatedStore
    private let process: SimulatedProcess
    private var isClosed = false
    /// How often it has read a part of the store as a whole.
    package private(set) var listings = 0
    /// How often it lost its place in the history, so that only another listing could help.
    package private(set) var lostPlaces = 0

    package init(store: SimulatedStore, process: SimulatedProcess) {
        self.store = store
        self.process = process
    }

    package func commit(_ transaction: Transaction) async throws(StoreError) -> CommitOutcome {
        try transaction.checkLimits()
        let outcome: CommitOutcome
        do throws(StoreError) {
            outcome = try await ask("commit", isOnce: true) { store throws(StoreError) in
                try store.commit(transaction, from: self.process)
            }
        } catch {
            store.scheduler.note("\(process.name): commit \(Self.subject(of: transaction)): \(error)")
            throw error
        }
        store.scheduler.note("\(process.name): commit \(Self.subject(of: transaction)): \(outcome)")
        return outcome
    }

    package func latestRevision() async throws(StoreError) -> Revision {
        try await ask("revision") { $0.newestRevision() }
    }

    package func list(prefix: String) async throws(StoreError) -> Listing {
        let listing = try await ask("list") { $0.list(prefix: prefix) }
        listings += 1
        return listing
    }

    package func watch(prefix: String, after revision: Revision) -> AsyncThrowingStream<WatchBatch, any Error> {
        SimulatedWatch(store: store, process: process, prefix: prefix, after: revision) { self.lostPlaces += 1 }.start()
    }

    package func grantLease(seconds: Int) async throws(StoreError) -> LeaseID {
        try await ask("grant") { store throws(StoreError) in try store.grantLease(seconds: seconds) }
    }

    package func keepAlive(_ lease: LeaseID) async throws(StoreError) {
        try await ask("keepAlive") { store throws(StoreError) in try store.keepAlive(lease) }
    }

    package func revoke(_ lease: LeaseID) async throws(StoreError) {
        try await ask("revoke") { $0.endLease(lease, by: self.process) }
    }

    package func health() async -> StoreHealth { StoreHealth(members: [], alarms: []) }

    /// From now on every call fails at once: the end of the simulation.
    package func close() async { isClosed = true }

    package func closeNow() { isClosed = true }

    // MARK: - Inside

    private typealias Operation<Value> = (SimulatedStore) throws(StoreError) -> Value

    private func ask<Value: Sendable>(
        _ name: String, isOnce: Bool = false, _ operation: @escaping Operation<Value>
    ) async throws(StoreError) -> Value {
        let call = Call<Value>()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
                call.continuation = continuation
                if isClosed || Task.isCancelled {
                    call.end(.failure(StoreError(.unavailable, "the call was cancelled")))
                } else {
                    attempt(call, name, isOnce: isOnce, until: store.scheduler.time + Self.deadline, operation)
                }
            }
        } onCancel: {
            call.end(.failure(StoreError(call.isSent && isOnce ? .unknownOutcome : .unavailable, "cancelled")))
        }
        return try result.get()
    }

    private func attempt<Value>(
        _ call: Call<Value>, _ name: String, isOnce: Bool, until end: SimulatedTime,
        _ operation: @escaping Operation<Value>
    ) {
        let scheduler = store.scheduler
        guard !call.hasEnded else { return }
        guard scheduler.time < end, !isClosed else {
            return call.end(.failure(StoreError(.unavailable, "simulated: no answer in time")))
        }
        let again = { self.attempt(call, name, isOnce: isOnce, until: end, operation) }
        if !store.isReachable(from: process), !scheduler.chance.happens(0.2) {
            // The connection is known to be dead: nothing is sent.
            scheduler.after(100 * .millisecond, again)
            return
        }
        if store.strikes(.storeForgetsCall, 0.002) { return }
        call.isSent = true
        let fate = Fate(store, from: process)
        if let delay = fate.requestDelay {
            if isOnce { store.commitsUnderWay += 1 }
            scheduler.after(delay) {
                if isOnce { self.store.commitsUnderWay -= 1 }
                guard let result = self.arrive(call, operation) else { return }
                guard let delay = fate.answerDelay, self.store.isReachable(from: self.process) else { return }
                scheduler.after(delay) { call.end(result) }
            }
        }
        let patience = isOnce ? scheduler.chance.time(300 * .millisecond...Self.deadline) : Self.patience
        scheduler.after(patience) {
            guard !call.hasEnded else { return }
            if isOnce {
                scheduler.note("\(self.process.name): no answer to a commit")
                call.end(.failure(StoreError(.unknownOutcome, "simulated: no answer")))
            } else {
                again()
            }
        }
    }

    /// The request is there: does it, unless it is lost at the last moment.
    private func arrive<Value>(_ call: Call<Value>, _ operation: Operation<Value>) -> Result<Value, StoreError>? {
        guard !store.isAway else { return nil }
        // What the kernel of a dead process had not sent yet is gone.
        if process.condition == .dead, store.scheduler.chance.happens(0.5) { return nil }
        do throws(StoreError) {
            return .success(try operation(store))
        } catch {
            return .failure(error)
        }
    }

    /// What becomes of one message and its answer.
    private struct Fate {
        /// Nil when it never arrives.
        var requestDelay: SimulatedTime?
        /// Nil when it is lost.
        var answerDelay: SimulatedTime?

        init(_ store: SimulatedStore, from process: SimulatedProcess) {
            let scheduler = store.scheduler
            let weather = store.weather
            if scheduler.chance.happens(weather.lateRequests) {
                // In the queue of a member that hangs: whenever that goes on.
                let seconds = StoreConnection.lateness(scheduler.chance.number(below: 10))
                requestDelay = .second * scheduler.chance.time(seconds)
            } else if store.isReachable(from: process), !scheduler.chance.happens(weather.lostRequests) {
                requestDelay = store.latency()
            }
            if !scheduler.chance.happens(weather.lostAnswers) { answerDelay = store.latency() }
        }
    }

    /// In seconds: mostly within what a client waits, sometimes within the life of a request's record, or so late that
    /// every lease has ended which the sender may have had. What comes while these end is not promised to be harmless
    /// (docs/architecture.md, "Simulation").
    private static func lateness(_ kind: Int) -> ClosedRange<Int> {
        switch kind {
        case 0...5: 1...8
        case 6, 7: 1...100
        default: 170...200
        }
    }

    /// One call: ends once.
    // Sendable by confinement.
    private final class Call<Value: Sendable>: @unchecked Sendable {
        var continuation: CheckedContinuation<Result<Value, StoreError>, Never>?
        var isSent = false
        private(set) var hasEnded = false

        func end(_ result: Result<Value, StoreError>) {
            hasEnded = true
            continuation?.resume(returning: result)
            continuation = nil
        }
    }

    /// What a transaction is about, for the trace.
    private static func subject(of transaction: Transaction) -> String {
        transaction.changes.prefix(3).map { change in
            switch change {
            case .put(let key, _, _): "+\(key)"
            case .delete(let key): "-\(key)"
            case .deletePrefix(let key): "-\(key)*"
            }
        }.joined(separator: " ")
    }
}
