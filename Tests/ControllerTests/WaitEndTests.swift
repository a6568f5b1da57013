import Logging
import Model
import SQLiteStore
import Store
import Synchronization
import Testing
import Time

@testable import Controller

/// No wait of a request lasts longer than its deadline or its client.
@Suite(.timeLimit(.minutes(1))) struct WaitEndTests {
    private let clock = ManualClock()

    private var surroundings: Surroundings {
        var surroundings = Surroundings.system
        surroundings.now = { [clock] in clock.now }
        return surroundings
    }

    private func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test func theQuestionForTheNewestRevisionGoesOnForThoseWhoStillWait() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        let probe = RevisionProbe(store: store, surroundings: surroundings)
        store.questions(are: .kept)
        let deadline = clock.now + .seconds(3)
        let late = Task { try await probe.newest(until: deadline) }
        let gone = Task { try await probe.newest(until: deadline + .seconds(60)) }
        let patient = Task { try await probe.question() }
        await until { probe.waitingCount == 3 }
        gone.cancel()
        #expect(try await gone.value == nil)
        probe.endWaits(at: deadline - .milliseconds(1))
        #expect(probe.waitingCount == 2)
        probe.endWaits(at: deadline)
        #expect(try await late.value == nil)
        store.questions(are: .answered)
        #expect(try await patient.value != nil)
    }

    @Test func whoIsGoneBeforeItWaitsIsNotKept() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        let probe = RevisionProbe(store: store, surroundings: surroundings)
        store.questions(are: .kept)
        let (start, client) = AsyncStream<Void>.makeStream()
        let gone = Task {
            for await _ in start {}
            return try await probe.question()
        }
        gone.cancel()
        client.finish()
        #expect(try await gone.value == nil)
        #expect(probe.waitingCount == 0)
        store.questions(are: .answered)
    }

    @Test func waitingForTheTurnOfAnotherEnds() async {
        let desk = ClaimDesk()
        let first = await desk.takeTurn(until: clock.now)
        let deadline = clock.now + .seconds(3)
        let decision = desk.beginDecision()
        let late = Task { await desk.claim(["a"], by: decision, turn: nil, until: deadline) }
        let gone = Task { await desk.claim(["b"], by: decision, turn: nil, until: deadline + .seconds(60)) }
        let inTurn = Task {
            let turn = await desk.takeTurn(until: deadline)
            desk.end(turn)
        }
        let patient = Task { await desk.claim(["c"], by: decision, turn: nil, until: deadline + .seconds(60)) }
        await until { desk.waitingCount == 4 }
        gone.cancel()
        #expect(await gone.value == nil)
        desk.endWaits(at: deadline)
        #expect(await late.value == nil)
        await inTurn.value
        #expect(desk.waitingCount == 1)
        desk.end(first)
        #expect(await patient.value == ["c"])
    }

    /// Whose turn it is knows at once, and nobody else is woken for nothing.
    @Test func turnsBeginInOrder() async {
        let desk = ClaimDesk()
        let end = clock.now + .seconds(60)
        let first = await desk.takeTurn(until: end)
        let second = Task { await desk.takeTurn(until: end) }
        await until { desk.waitingCount == 1 }
        let decision = desk.beginDecision()
        let other = Task { await desk.claim(["a"], by: decision, turn: nil, until: end) }
        await until { desk.waitingCount == 2 }
        desk.end(first)
        let turn = await second.value
        #expect(desk.waitingCount == 1)
        desk.end(turn)
        #expect(await other.value == ["a"])
    }

    private func withService(
        on store: any ConfigStore, _ body: (ConfigService) async throws -> Void
    ) async throws {
        let service = ConfigService(
            store: store, schema: try ConfigServiceTests.schema.get(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: false,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) }, surroundings: surroundings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            while service.replica.state.snapshot.revision < Revision(1) { await Task.yield() }
            try await body(service)
            group.cancelAll()
        }
    }

    @Test func waitingForTheReplicaEndsWithTheClient() async throws {
        try await withService(on: try SQLiteStore(path: nil)) { service in
            let task = Task { await service.replica.reached(Revision(1_000_000), within: .seconds(600)) }
            task.cancel()
            #expect(await task.value == false)
        }
    }

    /// The service looks for deadlines by itself.
    @Test(arguments: [true, false])
    func aReadOfAStoreThatDoesNotAnswerEnds(isGone: Bool) async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withService(on: store) { service in
            store.questions(are: .kept)
            let deadline = clock.now + .seconds(3)
            let read = Task { try await service.state(deadline: deadline) }
            if isGone { read.cancel() } else { clock.advance(by: .seconds(3)) }
            await #expect(throws: ServiceError.self) { _ = try await read.value }
            store.questions(are: .answered)
        }
    }

    @Test func aWriteWhoseClientHasGoneWaitsForNoLease() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withService(on: store) { service in
            // The replica has shown the first objects.
            await until { service.claims.pendingCount == 0 }
            let before = store.commitCount
            let kept = store.keepLeases()
            // The lease of the first objects has had its time.
            clock.advance(by: .seconds(RecordLease.seconds))
            let grants = store.grantCount
            let write = Task {
                try await service.write(requestID: "a", traceID: "req-1", caller: .system) { _, edit in
                    _ = try edit.allocateNumber(.virtualNetwork, holder: edit.context.newID())
                    return APIAnswer(status: 200)
                }
            }
            await until { store.grantCount > grants }
            write.cancel()
            await #expect(throws: CancellationError.self) { try await write.value }
            #expect(store.commitCount == before)
            #expect(service.claims.pendingCount == 0)
            kept.finish()
        }
    }

    /// The last word on it is said in time: its refusal is recorded.
    @Test func aWriteThatHadNoTurnIsRefused() async throws {
        try await withService(on: try SQLiteStore(path: nil)) { service in
            let turn = await service.claims.takeTurn(until: clock.now)
            let deadline = clock.now + .seconds(3)
            let write = Task {
                try await service.write(requestID: "a", traceID: "req-1", caller: .system, deadline: deadline) {
                    _, edit in
                    _ = try edit.allocateNumber(.virtualNetwork, holder: edit.context.newID())
                    return APIAnswer(status: 200)
                }
            }
            await until { service.claims.waitingCount == 1 }
            clock.advance(by: .seconds(3) - ConfigService.refusalTime)
            await #expect(throws: Overload.self) { try await write.value }
            service.claims.end(turn)
        }
    }
}
