import Atomics
import Logging
import Model
import NeutronModel
import Store
import Synchronization

/// This controller's copy of the configuration, fed by the store's watch.
///
/// One task writes it (``run()``); any number of readers take the newest state with one atomic load, without a lock.
package final class Replica: Sendable {
    private let store: any ConfigStore
    private let schema: Schema
    private let logger: Logger
    private let surroundings: Surroundings
    private let published: ManagedAtomic<Published>
    private let turnCount = ManagedAtomic<UInt64>(0)
    private let unreadableCount = ManagedAtomic(0)
    private let shared = Mutex(Shared())

    /// A state in a box, so that readers and the writer can exchange it atomically.
    private final class Published: AtomicReference, Sendable {
        let state: ControllerState

        init(_ state: ControllerState) {
            self.state = state
        }
    }

    private struct Shared {
        /// Those who wait for a revision.
        var waiting = WaitingList<Revision, Void>()
        var isSynchronized = false
        var fault: String? = "the configuration has not been read from the store yet"
        var callbacks: [@Sendable (ControllerState) -> Void] = []
        var followers: [UInt64: AsyncStream<ControllerState>.Continuation] = [:]
        var nextFollower: UInt64 = 0
    }

    package init(
        store: any ConfigStore, schema: Schema, logger: Logger, surroundings: Surroundings = .system
    ) {
        self.store = store
        self.schema = schema
        self.logger = logger
        self.surroundings = surroundings
        published = ManagedAtomic(Published(ControllerState(snapshot: Snapshot(schema: schema))))
    }

    /// The newest state that has arrived.
    package var state: ControllerState { published.load(ordering: .acquiring).state }

    /// How often the loop that follows the store has got somewhere: took a batch, read everything, or was told why it cannot.
    package var turns: UInt64 { turnCount.load(ordering: .relaxed) }

    /// Whether it reads all of the configuration, which takes as long as it takes.
    var isReadingAll: Bool { shared.withLock { !$0.isSynchronized } }

    /// Why the replica does not follow the store, nil while it does.
    package var fault: String? { shared.withLock { $0.fault } }

    /// Calls back after each new state, in order, on the replica's own task; must be quick.
    package func onChange(_ callback: @escaping @Sendable (ControllerState) -> Void) {
        shared.withLock { $0.callbacks.append(callback) }
    }

    /// The state now and each later one; a slow reader sees the newest only.
    package func states() -> AsyncStream<ControllerState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ControllerState.self, bufferingPolicy: .bufferingNewest(1))
        let id = shared.withLock { shared in
            defer { shared.nextFollower += 1 }
            shared.followers[shared.nextFollower] = continuation
            return shared.nextFollower
        }
        continuation.onTermination = { [weak self] _ in
            self?.shared.withLock { $0.followers[id] = nil }
        }
        continuation.yield(state)
        return stream
    }

    /// Waits until everything up to the revision has arrived.
    ///
    /// - Returns: false when it has not within `limit`, or the task was cancelled.
    package func reached(_ revision: Revision, within limit: Duration) async -> Bool {
        if state.snapshot.revision >= revision { return true }
        let event: Void? = await Waiter.wait(until: surroundings.now() + limit) { waiter in
            shared.withLock { shared in
                // Between the look above and the lock a state may have come; the writer publishes before it locks.
                if state.snapshot.revision >= revision { return () }
                shared.waiting.add(waiter, for: revision)
                return nil
            }
        } leave: { waiter in
            shared.withLock { $0.waiting.remove(waiter) }
        }
        return event != nil
    }

    /// Ends waits; see ``WaitingList/takeExpired(at:)``.
    func endWaits(at now: ContinuousClock.Instant?) {
        for waiter in shared.withLock({ $0.waiting.takeExpired(at: now) }) { waiter.end(nil) }
    }

    /// Follows the store until the task is cancelled. Runs once.
    package func run() async {
        var pause = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                try await follow { pause = .milliseconds(50) }
            } catch is CancellationError {
                break
            } catch {
                report(fault: "\(error)")
                if let error = error as? StoreError, error.code == .compacted {
                    shared.withLock { $0.isSynchronized = false }
                }
            }
            try? await surroundings.sleep(pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    private func follow(progress: () -> Void) async throws {
        var state = self.state
        if !shared.withLock({ $0.isSynchronized }) {
            let listing = try await store.list(prefix: StoreKey.root)
            state = ControllerState(snapshot: Snapshot(schema: schema, listing: listing))
            shared.withLock { $0.isSynchronized = true }
            publish(state)
            logger.info("configuration read", metadata: ["revision": "\(listing.revision)"])
        }
        report(fault: nil)
        for try await batch in store.watch(prefix: StoreKey.root, after: state.snapshot.revision) {
            state.apply(batch)
            publish(state)
            progress()
        }
        try Task.checkCancellation()
        throw StoreError(.unavailable, "the watch ended")
    }

    private func publish(_ state: ControllerState) {
        turnCount.wrappingIncrement(ordering: .relaxed)
        reportUnreadable(state.snapshot.quarantine)
        published.store(Published(state), ordering: .releasing)
        let revision = state.snapshot.revision
        let (ready, callbacks, followers) = shared.withLock { shared in
            (shared.waiting.take { $0 <= revision }, shared.callbacks, Array(shared.followers.values))
        }
        for waiter in ready { waiter.end(()) }
        for callback in callbacks { callback(state) }
        for follower in followers { follower.yield(state) }
    }

    /// Says once how many objects cannot be read, and again when there are more or fewer.
    private func reportUnreadable(_ quarantine: Quarantine) {
        let count = quarantine.count
        guard unreadableCount.exchange(count, ordering: .relaxed) != count else { return }
        guard let first = quarantine.all.first else {
            logger.notice("every object can be read again")
            return
        }
        logger.error(
            "some objects cannot be read and are not served",
            metadata: ["count": "\(count)", "first": "\(first.path)", "reason": "\(first.reason)"])
    }

    private func report(fault: String?) {
        turnCount.wrappingIncrement(ordering: .relaxed)
        let changed = shared.withLock { shared in
            defer { shared.fault = fault }
            return shared.fault != fault
        }
        guard changed else { return }
        if let fault {
            logger.warning("the configuration is not up to date", metadata: ["reason": "\(fault)"])
        } else {
            logger.info("following the store")
        }
    }
}

extension ControllerState {
    /// Takes the next batch of the watch.
    mutating func apply(_ batch: WatchBatch) {
        let changes = snapshot.apply(batch)
        if !changes.isEmpty { neutron.apply(changes, snapshot: snapshot) }
    }
}
