import Addressing
import HashTreeCollections
import JSON
import Logging
import Model
import SQLiteStore
import Store
import Testing
import Time

@testable import Controller

/// What every client may rely on, with two controllers on one store and a store that loses requests and answers.
@Suite struct ConfigServiceTests {
    static let schema = Result { try Schema.standard() }

    /// Runs controllers on one store until `body` has ended.
    private func withControllers(
        _ count: Int, on store: any ConfigStore, _ body: ([ConfigService]) async throws -> Void
    ) async throws {
        let schema = try Self.schema.get()
        let services = (0..<count).map { index in
            ConfigService(
                store: store, schema: schema, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: true,
                share: AllocationShare(index: index, count: count),
                addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            for service in services { try #require(await service.replica.reached(Revision(1), within: .seconds(10))) }
            try await body(services)
            group.cancelAll()
        }
    }

    private func createDomain(_ name: String, _ edit: inout GraphEdit) throws -> APIAnswer {
        let id = edit.context.newID()
        try edit.create(
            ConfigObject(type: "domain", id: id, fqName: [name], parent: nil, properties: [:], references: [:]))
        return APIAnswer(status: 200, body: Array(id.description.utf8))
    }

    @Test func whatOneControllerWroteTheOtherReads() async throws {
        let store = try SQLiteStore(path: nil)
        try await withControllers(2, on: store) { services in
            for index in 0..<50 {
                let writer = services[index % 2]
                let reader = services[(index + 1) % 2]
                _ = try await writer.write(requestID: nil, traceID: "req-1", caller: .system) { _, edit in
                    try createDomain("domain-\(index)", &edit)
                }
                let state = try await reader.state()
                #expect(state.snapshot.object(type: "domain", fqName: ["domain-\(index)"]) != nil)
            }
        }
    }

    @Test func aRefusalForOverloadIsFinalAndFindsWhatAnotherControllerDid() async throws {
        try await withControllers(2, on: try SQLiteStore(path: nil)) { services in
            let overload = Overload(reason: "too many")
            let done = try await services[0].write(requestID: "a", traceID: "req-1", caller: .system) { _, edit in
                try createDomain("done", &edit)
            }
            #expect(try await services[1].refuse(requestID: "a", for: overload) == done)

            await #expect(throws: overload) { try await services[1].refuse(requestID: "b", for: overload) }
            // An attempt that the first controller still holds.
            await #expect(throws: ServiceError.self) {
                try await services[0].write(requestID: "b", traceID: "req-1", caller: .system) { _, edit in
                    try createDomain("refused", &edit)
                }
            }
            let state = try await services[0].state()
            #expect(state.snapshot.object(type: "domain", fqName: ["refused"]) == nil)
        }
    }

    @Test(arguments: [
        [FaultyStore.Fault.loseAnswer], [.loseRequest], [.loseRequest, .loseAnswer, .loseRequest],
    ])
    func aLostRequestOrAnswerIsNoErrorAndMakesNothingTwice(_ faults: [FaultyStore.Fault]) async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withControllers(1, on: store) { services in
            _ = try await services[0].state()
            store.fail(faults)
            let answer = try await services[0].write(requestID: "a", traceID: "req-1", caller: .system) { _, edit in
                try createDomain("once", &edit)
            }
            let state = try await services[0].state()
            let made = try #require(state.snapshot.object(type: "domain", fqName: ["once"]))
            #expect(String(decoding: answer.body, as: UTF8.self) == made.id.description)
        }
    }

    @Test(.timeLimit(.minutes(1))) func withoutAMajorityRequestsAreRefusedAtOnceAndServedAgainAfterwards() async throws
    {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withControllers(1, on: store) { services in
            _ = try await services[0].state()
            store.questions(are: .failed)
            while (try? await services[0].state()) != nil { await Task.yield() }
            store.questions(are: .kept)
            // Nobody answers now: what is not refused at once hangs.
            await #expect(throws: ServiceError.self) { _ = try await services[0].state() }
            await #expect(throws: ServiceError.self) {
                _ = try await services[0].write(requestID: nil, traceID: "req-1", caller: .system) { _, edit in
                    try createDomain("refused", &edit)
                }
            }
            store.questions(are: .answered)
            while (try? await services[0].state()) == nil { await Task.yield() }
            #expect(services[0].unreadiness == nil)
            #expect(try await services[0].state().snapshot.object(type: "domain", fqName: ["refused"]) == nil)
        }
    }

    @Test func aRequestSentAgainToAnotherControllerGetsTheFirstAnswer() async throws {
        let store = try SQLiteStore(path: nil)
        try await withControllers(2, on: store) { services in
            var answers: [APIAnswer] = []
            for service in services {
                answers.append(
                    try await service.write(requestID: "same", traceID: "req-1", caller: .system) { _, edit in
                        try createDomain("once", &edit)
                    })
            }
            #expect(answers[0] == answers[1])
        }
    }

    @Test func aRefusedRequestIsNotDoneLaterByAnotherController() async throws {
        struct Refusal: Error {}
        let store = try SQLiteStore(path: nil)
        try await withControllers(2, on: store) { services in
            await #expect(throws: Refusal.self) {
                _ = try await services[0].write(requestID: "same", traceID: "req-1", caller: .system) { _, _ in
                    throw Refusal()
                }
            }
            await #expect(throws: ServiceError.self) {
                _ = try await services[1].write(requestID: "same", traceID: "req-1", caller: .system) { _, edit in
                    try createDomain("late", &edit)
                }
            }
            await #expect(throws: Refusal.self) {
                _ = try await services[1].write(requestID: "same", traceID: "req-1", caller: .system) { _, _ in
                    throw Refusal()
                }
            }
            let state = try await services[0].state()
            #expect(state.snapshot.object(type: "domain", fqName: ["late"]) == nil)
        }
    }

    @Test func oneOfManyTakesAName() async throws {
        let store = try SQLiteStore(path: nil)
        try await withControllers(2, on: store) { services in
            let made = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        let service = services[index % 2]
                        do {
                            _ = try await service.write(
                                requestID: "r\(index)", traceID: "req-1", caller: .system
                            ) { _, edit in try createDomain("contested", &edit) }
                            return true
                        } catch let error as ModelError {
                            return error.code != .taken
                        } catch {
                            return true
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(made == 1)
        }
    }

    @Test func manyAllocationsAtOnceAreAllDifferent() async throws {
        let store = FaultyStore(try SQLiteStore(path: nil))
        try await withControllers(2, on: store) { services in
            let network = ObjectID(bits: 7)
            let pool = AddressPool(
                first: try #require(IPAddress("10.0.0.1")), last: try #require(IPAddress("10.0.255.254")))
            let addresses = try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let answer = try await services[index % 2].write(
                            requestID: nil, traceID: "req-\(index)", caller: .system
                        ) { _, edit in
                            let holder = edit.context.newID()
                            let address = try edit.allocateAddress(
                                network: network, pools: [pool], reserved: [], holder: holder)
                            return APIAnswer(status: 200, body: Array(address.description.utf8))
                        }
                        return String(decoding: answer.body, as: UTF8.self)
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(addresses.count == 200)
            // Nobody knows of the other's requests under way, and yet they hardly ever meet.
            #expect(store.commitCount < 230)
        }
    }
}
