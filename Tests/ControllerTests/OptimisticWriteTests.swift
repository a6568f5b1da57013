import Addressing
import Dispatch
import Glibc
import Logging
import Model
import SQLiteStore
import Store
import Synchronization
import Testing
import Time

@testable import Controller

/// Requests that are decided at the same time, one of them for long.
@Suite(.timeLimit(.minutes(1))) struct OptimisticWriteTests {
    /// A thread of its own, so that a decision that blocks takes nobody else's.
    private final class OwnThread: TaskExecutor {
        private let queue = DispatchQueue(label: "test.decision")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private func withService(
        on store: any ConfigStore, _ body: (ConfigService) async throws -> Void
    ) async throws {
        let service = ConfigService(
            store: store, schema: try ConfigServiceTests.schema.get(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: true,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            try #require(await service.replica.reached(Revision(1), within: .seconds(10)))
            try await body(service)
            group.cancelAll()
        }
    }

    /// Short requests, each of which takes the first free address.
    private final class ShortRequests: Sendable {
        private let service: ConfigService
        private let taken = Mutex<[String]>([])
        private let running = Mutex<[Task<Void, any Error>]>([])

        init(_ service: ConfigService) { self.service = service }

        var addresses: [String] { taken.withLock { $0 } }

        func send() async throws {
            let answer = try await service.write(requestID: nil, traceID: "req-1", caller: .system) { _, edit in
                let address = try OptimisticWriteTests.allocate(OptimisticWriteTests.pool(200), &edit)
                return APIAnswer(status: 200, body: Array(address.description.utf8))
            }
            taken.withLock { $0.append(String(decoding: answer.body, as: UTF8.self)) }
        }

        /// Sends one in the middle of a decision, and comes back when it is done or waits for the decision to end.
        func sendDuringDecision() {
            let count = addresses.count
            let task = Task { try await self.send() }
            running.withLock { $0.append(task) }
            while addresses.count == count, service.claims.waitingCount == 0 { sched_yield() }
        }

        func end() async throws {
            for task in running.withLock({ $0 }) { try await task.value }
        }
    }

    private static func pool(_ last: Int) -> [AddressPool] {
        guard let first = IPAddress("10.0.0.1"), let last = IPAddress("10.0.0.\(last)") else { return [] }
        return [AddressPool(first: first, last: last)]
    }

    private static func allocate(
        _ pools: [AddressPool], _ edit: inout GraphEdit
    ) throws(ModelError) -> IPAddress {
        let holder = edit.context.newID()
        return try edit.allocateAddress(network: ObjectID(bits: 7), pools: pools, reserved: [], holder: holder)
    }

    @Test func whoDecidesForLongKeepsNobodyWaiting() async throws {
        try await withService(on: try SQLiteStore(path: nil)) { service in
            let short = ShortRequests(service)
            let decisions = Mutex(0)
            let long = try await Task(executorPreference: OwnThread()) {
                try await service.write(requestID: nil, traceID: "req-long", caller: .system) { _, edit in
                    decisions.withLock { $0 += 1 }
                    // They end while this decision goes on.
                    for _ in 0..<3 { short.sendDuringDecision() }
                    let address = try Self.allocate(Self.pool(200), &edit)
                    return APIAnswer(status: 200, body: Array(address.description.utf8))
                }
            }.value
            try await short.end()
            let addresses = short.addresses + [String(decoding: long.body, as: UTF8.self)]
            #expect(Set(addresses).count == addresses.count)
            #expect(addresses.count == 3 * decisions.withLock { $0 } + 1)
        }
    }

    @Test func whatAnotherClaimedMeanwhileIsNotTakenToTheStore() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withService(on: store) { service in
            let before = store.commitCount
            let short = ShortRequests(service)
            let decisions = Mutex(0)
            let long = try await Task(executorPreference: OwnThread()) {
                try await service.write(requestID: nil, traceID: "req-long", caller: .system) { _, edit in
                    while (try? Self.allocate(Self.pool(20), &edit)) != nil {}
                    let address = try Self.allocate(Self.pool(200), &edit)
                    decisions.withLock { $0 += 1 }
                    if decisions.withLock({ $0 }) == 1 { short.sendDuringDecision() }
                    return APIAnswer(status: 200, body: Array(address.description.utf8))
                }
            }.value
            try await short.end()
            #expect(decisions.withLock { $0 } == 2)
            #expect(short.addresses != [String(decoding: long.body, as: UTF8.self)])
            #expect(store.commitCount == before + 2, "the store refused nothing")
        }
    }

    /// Short requests that take, each time, one of what the long one has chosen: after some tries it has its turn, in
    /// which they wait, and it ends.
    @Test func shortRequestsDoNotStarveALongOne() async throws {
        try await withService(on: try SQLiteStore(path: nil)) { service in
            let short = ShortRequests(service)
            let decisions = Mutex(0)
            _ = try await Task(executorPreference: OwnThread()) {
                try await service.write(requestID: nil, traceID: "req-long", caller: .system) { _, edit in
                    decisions.withLock { $0 += 1 }
                    // All that the short ones would take next.
                    while (try? Self.allocate(Self.pool(20), &edit)) != nil {}
                    short.sendDuringDecision()
                    return APIAnswer(status: 200)
                }
            }.value
            try await short.end()
            #expect(decisions.withLock { $0 } == ConfigService.clashLimit + 1)
            #expect(Set(short.addresses).count == ConfigService.clashLimit + 1)
        }
    }

    @Test func whatNobodyWaitsForIsNotSent() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withService(on: store) { service in
            let before = store.commitCount
            let (gone, client) = AsyncStream<Void>.makeStream()
            let task = Task {
                for await _ in gone {}
                return try await service.write(requestID: "a", traceID: "req-1", caller: .system) { _, edit in
                    let address = try Self.allocate(Self.pool(20), &edit)
                    return APIAnswer(status: 200, body: Array(address.description.utf8))
                }
            }
            task.cancel()
            client.finish()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(store.commitCount == before)
        }
    }

    /// The last word on a request that others were always faster than is final: it says 429, and no repetition of it can
    /// do it later.
    @Test func whoWasDecidedInVainUntilItsDeadlineIsRefusedForGood() async throws {
        try await withService(on: try SQLiteStore(path: nil)) { service in
            let short = ShortRequests(service)
            let deadline = ContinuousClock.now + ConfigService.refusalTime + .milliseconds(1)
            await #expect(throws: Overload.self) {
                try await Task(executorPreference: OwnThread()) {
                    try await service.write(
                        requestID: "same", traceID: "req-long", caller: .system, deadline: deadline
                    ) { _, edit in
                        while (try? Self.allocate(Self.pool(20), &edit)) != nil {}
                        short.sendDuringDecision()
                        while ContinuousClock.now < deadline - ConfigService.refusalTime { sched_yield() }
                        return APIAnswer(status: 200)
                    }
                }.value
            }
            try await short.end()
            await #expect(throws: ServiceError.self) {
                _ = try await service.write(requestID: "same", traceID: "req-2", caller: .system) { _, edit in
                    _ = try Self.allocate(Self.pool(200), &edit)
                    return APIAnswer(status: 200)
                }
            }
        }
    }

}
