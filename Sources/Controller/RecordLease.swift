import Store
import Synchronization

/// The lease that idempotency records are put under. It is not kept alive: a new one takes its place before a record put
/// under the old one could live too short.
final class RecordLease: Sendable {
    private let store: any ConfigStore
    private let surroundings: Surroundings
    private let held = Mutex<Held?>(nil)

    private struct Held {
        let id: LeaseID
        let granted: ContinuousClock.Instant
    }

    init(store: any ConfigStore, surroundings: Surroundings) {
        self.store = store
        self.surroundings = surroundings
    }

    /// A lease with at least ``RequestRecord/seconds`` left.
    func current() async throws(StoreError) -> LeaseID {
        let granted = surroundings.now()
        if let held = held.withLock({ $0 }), held.granted.duration(to: granted) < .seconds(RequestRecord.seconds) {
            return held.id
        }
        let id = try await store.grantLease(seconds: 2 * RequestRecord.seconds)
        held.withLock { $0 = Held(id: id, granted: granted) }
        return id
    }

    /// The store does not know the lease any more.
    func forget(_ id: LeaseID) {
        held.withLock { held in
            if held?.id == id { held = nil }
        }
    }
}
