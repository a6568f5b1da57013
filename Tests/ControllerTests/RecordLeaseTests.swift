import SQLiteStore
import Store
import Synchronization
import Testing

@testable import Controller

@Suite struct RecordLeaseTests {
    /// A clock that the test moves.
    private final class ManualClock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(by duration: Duration) { time.withLock { $0 += duration } }
    }

    private let clock = ManualClock()

    private func make() throws -> (lease: RecordLease, store: FaultyStore) {
        let store = FaultyStore(try SQLiteStore(path: nil))
        var surroundings = Surroundings.system
        surroundings.now = { [clock] in clock.now }
        return (RecordLease(store: store, surroundings: surroundings), store)
    }

    private func ask(_ lease: RecordLease, times: Int) async throws -> Set<LeaseID> {
        try await withThrowingTaskGroup(of: LeaseID.self) { group in
            for _ in 0..<times { group.addTask { try await lease.current() } }
            return try await group.reduce(into: []) { $0.insert($1) }
        }
    }

    @Test func writersAtTheSameTimeShareOneLease() async throws {
        let (lease, store) = try make()
        #expect(try await ask(lease, times: 200).count == 1)
        #expect(store.grantCount == 1)
    }

    @Test func aNewOneTakesItsPlaceAfterItsTime() async throws {
        let (lease, store) = try make()
        let first = try await ask(lease, times: 50)
        clock.advance(by: .seconds(RecordLease.seconds) - .milliseconds(1))
        #expect(try await ask(lease, times: 50) == first)
        clock.advance(by: .milliseconds(1))
        let second = try await ask(lease, times: 50)
        #expect(second.count == 1 && second != first)
        #expect(store.grantCount == 2)
    }

    @Test func afterAFailureTheStoreIsAskedAgain() async throws {
        let (lease, store) = try make()
        store.refuseLeases(1)
        await #expect(throws: StoreError.self) { try await lease.current() }
        _ = try await lease.current()
        #expect(store.grantCount == 2)
    }

    @Test func aLeaseThatTheStoreForgotIsNotUsedAgain() async throws {
        let (lease, store) = try make()
        let first = try await lease.current()
        lease.forget(first)
        #expect(try await lease.current() != first)
        #expect(store.grantCount == 2)
    }
}
