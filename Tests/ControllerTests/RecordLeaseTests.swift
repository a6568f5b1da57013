import SQLiteStore
import Store
import Testing

@testable import Controller

@Suite struct RecordLeaseTests {
    private let clock = ManualClock()

    private func make() throws -> (lease: RecordLease, store: FaultyStore) {
        let store = FaultyStore(try SQLiteStore(path: nil))
        var surroundings = Surroundings.system
        surroundings.now = { [clock] in clock.now }
        return (RecordLease(store: store, surroundings: surroundings), store)
    }

    private func current(_ lease: RecordLease) async throws -> LeaseID {
        try #require(try await lease.current(until: clock.now + .seconds(60)))
    }

    private func ask(_ lease: RecordLease, times: Int) async throws -> Set<LeaseID> {
        try await withThrowingTaskGroup(of: LeaseID.self) { group in
            for _ in 0..<times { group.addTask { try await self.current(lease) } }
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
        await #expect(throws: StoreError.self) { try await self.current(lease) }
        _ = try await current(lease)
        #expect(store.grantCount == 2)
    }

    @Test func aLeaseThatTheStoreForgotIsNotUsedAgain() async throws {
        let (lease, store) = try make()
        let first = try await current(lease)
        lease.forget(first)
        #expect(try await current(lease) != first)
        #expect(store.grantCount == 2)
    }

    /// The lease that it began to wait for is there for the others all the same.
    @Test func waitingForALeaseEndsWithTheDeadlineAndTheClient() async throws {
        let (lease, store) = try make()
        let kept = store.keepLeases()
        let deadline = clock.now + .seconds(3)
        let late = Task { try await lease.current(until: deadline) }
        let gone = Task { try await lease.current(until: deadline + .seconds(60)) }
        let patient = Task { try await self.current(lease) }
        while lease.waitingCount < 3 { await Task.yield() }
        gone.cancel()
        #expect(try await gone.value == nil)
        lease.endWaits(at: deadline - .milliseconds(1))
        #expect(lease.waitingCount == 2)
        lease.endWaits(at: deadline)
        #expect(try await late.value == nil)
        kept.finish()
        _ = try await patient.value
        #expect(store.grantCount == 1)
    }
}
