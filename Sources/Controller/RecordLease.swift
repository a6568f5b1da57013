import Store
import Synchronization

/// The lease that idempotency records are put under. It is not kept alive: a new one takes its place after
/// ``seconds``, so that every record lives nearly as long as the lease that any other controller has put, or is about to
/// put, a record of the same request under.
///
/// That is what makes a late commit harmless. A commit may reach the store long after its sender has given up or was
/// stopped, when another controller has done the request already. Either the record is still there, and the commit is
/// refused; or the commit's own lease has ended, and the store refuses it for that.
final class RecordLease: Sendable {
    /// For how long one lease is used for new records: the time by which a late commit's lease can outlive a record.
    static let seconds = 5

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
        if let held = held.withLock({ $0 }), held.granted.duration(to: granted) < .seconds(Self.seconds) {
            return held.id
        }
        let id = try await store.grantLease(seconds: RequestRecord.seconds + Self.seconds)
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
