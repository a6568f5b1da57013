import Model
import Synchronization
import Testing

@testable import Blueprint
@testable import Controller
@testable import HTTPService

/// Requests that wait for a place, as tasks.
@Suite(.timeLimit(.minutes(1))) struct RequestGateTests {
    private static func caller(_ project: String, isAdmin: Bool = false) -> EditContext.Caller {
        EditContext.Caller(
            userID: "u", userName: "u", projectID: project, projectName: project, domainID: "default",
            domainName: "Default", roles: [], isAdmin: isAdmin)
    }

    /// Requests that run until they are told to end.
    private final class Requests: Sendable {
        let gate: RequestGate
        private let ends = Mutex<[String: AsyncStream<Void>.Continuation]>([:])
        private let begun = Mutex<[String]>([])

        init(_ gate: RequestGate) { self.gate = gate }

        var order: [String] { begun.withLock { $0 } }

        func send(_ name: String, of project: String, bodySize: Int = 0) -> Task<Void, any Error> {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            ends.withLock { $0[name] = continuation }
            return Task {
                try await gate.withPlace(for: RequestGateTests.caller(project), bodySize: bodySize) {
                    self.begun.withLock { $0.append(name) }
                    for await _ in stream {}
                }
            }
        }

        func end(_ name: String) { ends.withLock { $0[name] }?.finish() }

        func until(_ condition: () -> Bool) async {
            while !condition() { await Task.yield() }
        }
    }

    private static let large = RequestGate.largeBody

    @Test func largeBodiesGoOneAfterTheOtherAndSmallOnesPass() async throws {
        let requests = Requests(RequestGate())
        var tasks = [requests.send("a1", of: "a", bodySize: Self.large)]
        await requests.until { requests.order == ["a1"] }
        for (index, name) in ["a2", "a3", "b1"].enumerated() {
            tasks.append(requests.send(name, of: String(name.prefix(1)), bodySize: Self.large))
            await requests.until { requests.gate.waitingCount == index + 1 }
        }
        tasks.append(requests.send("small", of: "a", bodySize: Self.large - 1))
        await requests.until { requests.order == ["a1", "small"] }
        requests.end("a1")
        await requests.until { requests.order.count == 3 }
        requests.end("a2")
        await requests.until { requests.order.count == 4 }
        #expect(requests.order == ["a1", "small", "a2", "b1"], "the other project's turn comes before the third")
        for name in ["small", "a3", "b1"] { requests.end(name) }
        for task in tasks { try await task.value }
        #expect(requests.gate.waitingCount == 0)
    }

    @Test func whoHasGoneWaitsNoMore() async throws {
        let requests = Requests(RequestGate())
        let first = requests.send("first", of: "a", bodySize: Self.large)
        await requests.until { requests.order == ["first"] }
        let gone = requests.send("gone", of: "a", bodySize: Self.large)
        await requests.until { requests.gate.waitingCount == 1 }
        gone.cancel()
        await #expect(throws: CancellationError.self) { try await gone.value }
        #expect(requests.gate.waitingCount == 0)
        requests.end("first")
        try await first.value
        let next = requests.send("next", of: "b", bodySize: Self.large)
        requests.end("next")
        try await next.value
        #expect(requests.order == ["first", "next"])
    }

    @Test func waitingEndsInTime() async throws {
        let slept = Mutex<Duration?>(nil)
        let requests = Requests(
            RequestGate(sleep: { duration in slept.withLock { $0 = duration } }))
        let first = requests.send("first", of: "a", bodySize: Self.large)
        await requests.until { requests.order == ["first"] }
        let late = requests.send("late", of: "b", bodySize: Self.large)
        // Nothing has ended meanwhile: it is not other requests that keep the controller busy.
        await #expect(throws: ServiceError.self) { try await late.value }
        #expect(slept.withLock { $0 } == RequestGate.patience)
        requests.end("first")
        try await first.value
        #expect(requests.order == ["first"])
    }

    /// The second request waits until the first has ended and the third runs; its patience ends then.
    private func refusal(outage: String? = nil) async throws -> Task<Void, any Error> {
        let (patience, end) = AsyncStream<Void>.makeStream()
        let requests = Requests(RequestGate(outage: { outage }, sleep: { _ in for await _ in patience {} }))
        let first = requests.send("a1", of: "a", bodySize: Self.large)
        await requests.until { requests.order == ["a1"] }
        let next = requests.send("b1", of: "b", bodySize: Self.large)
        await requests.until { requests.gate.waitingCount == 1 }
        let late = requests.send("c1", of: "c", bodySize: Self.large)
        await requests.until { requests.gate.waitingCount == 2 }
        requests.end("a1")
        try await first.value
        await requests.until { requests.order == ["a1", "b1"] }
        end.finish()
        _ = await late.result
        requests.end("b1")
        try await next.value
        return late
    }

    @Test func whoseTurnDidNotComeInTimeIsRefused() async throws {
        let late = try await refusal()
        await #expect(throws: Overload.self) { try await late.value }
    }

    @Test func aStoreThatDoesNotAnswerIsNoOverload() async throws {
        let late = try await refusal(outage: "no majority")
        await #expect(throws: ServiceError(reason: "no majority")) { try await late.value }
    }

    /// How many were under way at once.
    private final class Concurrency: Sendable {
        private let state = Mutex((underWay: 0, most: 0))

        var most: Int { state.withLock { $0.most } }

        func begin() {
            state.withLock { state in
                state.underWay += 1
                state.most = max(state.most, state.underWay)
            }
        }

        func end() { state.withLock { $0.underWay -= 1 } }
    }

    /// One large request of project `a` has its place, and as many wait as may.
    private static func fill(_ requests: Requests) async -> [Task<Void, any Error>] {
        var tasks = [requests.send("0", of: "a", bodySize: large)]
        await requests.until { requests.order == ["0"] }
        for index in 1...RequestGate.largeWaiting {
            tasks.append(requests.send("\(index)", of: "a", bodySize: large))
            await requests.until { requests.gate.waitingCount == index }
        }
        return tasks
    }

    @Test func aRefusalThatTakesWorkHasAPlaceOfItsOwnAndMayFindAnAnswer() async throws {
        let requests = Requests(RequestGate())
        let tasks = await Self.fill(requests)
        let count = Concurrency()
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await requests.gate.withPlace(for: Self.caller("a"), bodySize: Self.large) {
                        "done"
                    } refusal: { _ in
                        {
                            count.begin()
                            for _ in 0..<20 { await Task.yield() }
                            count.end()
                            return "found"
                        }
                    }
                }
            }
            for try await answer in group { #expect(answer == "found") }
        }
        #expect(count.most <= RequestGate.refusals.running)
        for index in 0...RequestGate.largeWaiting { requests.end("\(index)") }
        for task in tasks { try await task.value }
    }

    /// Whoever has waited for a place in vain waits only for what is left until its refusal is recorded.
    @Test func bothWaitsOfARefusedRequestHaveOneEnd() async throws {
        let clock = ManualClock()
        let slept = Mutex<[Duration]>([])
        let (patience, endOfPatience) = AsyncStream<Void>.makeStream()
        let gate = RequestGate(
            now: { clock.now },
            sleep: { duration in
                slept.withLock { $0.append(duration) }
                for await _ in patience {}
            })
        let requests = Requests(gate)
        var tasks = [requests.send("0", of: "a", bodySize: Self.large)]
        await requests.until { requests.order == ["0"] }
        for index in 1...RequestGate.largeWaiting {
            tasks.append(requests.send("\(index)", of: "a", bodySize: Self.large))
            await requests.until { gate.waitingCount == index }
        }
        // All places in which refusals are recorded are taken.
        let (records, endOfRecords) = AsyncStream<Void>.makeStream()
        let recording = Concurrency()
        let refused = (1...RequestGate.refusals.running).map { _ in
            Task {
                try await gate.withPlace(for: Self.caller("a"), bodySize: Self.large) {
                } refusal: { _ in
                    {
                        recording.begin()
                        for await _ in records {}
                    }
                }
            }
        }
        await requests.until { recording.most == RequestGate.refusals.running }
        let late = Task {
            try await gate.withPlace(for: Self.caller("c"), bodySize: Self.large) {
            } refusal: { _ in
                {}
            }
        }
        await requests.until { slept.withLock { $0.count } == RequestGate.largeWaiting + 1 }
        requests.end("0")
        await requests.until { requests.order == ["0", "1"] }
        clock.advance(by: RequestGate.patience)
        endOfPatience.finish()
        await #expect(throws: ServiceError.self) { try await late.value }
        #expect(slept.withLock { $0.last } == RequestGate.patienceWithRefusal - RequestGate.patience)
        endOfRecords.finish()
        for task in refused { try await task.value }
        requests.end("1")
        for task in tasks { _ = await task.result }
    }

    @Test func tooManyAreRefusedAtOnce() async throws {
        let requests = Requests(RequestGate())
        let tasks = await Self.fill(requests)
        await #expect(throws: Overload.self) {
            try await requests.send("refused", of: "a", bodySize: Self.large).value
        }
        for index in 0...RequestGate.largeWaiting { requests.end("\(index)") }
        for task in tasks { try await task.value }
    }

    /// The limits of a controller and of the proxy go together.
    @Test func aProjectCannotTakeAllThatTheProxyHas() {
        let ofProject = RequestGate.small.runningOfProject + RequestGate.smallWaiting
        let largeOfProject = RequestGate.large.runningOfProject + RequestGate.largeWaiting
        #expect(ofProject + largeOfProject < DeploymentSettings().backendConnections)
        #expect(RequestGate.small.runningOfProject < RequestGate.small.running)
    }

    @Test func aControllerAnswersBeforeTheProxyAsksAnother() {
        #expect(APIResponder.patience == .milliseconds(TimingBudget.controllerPatience))
        #expect(RequestGate.patience < RequestGate.patienceWithRefusal)
        #expect(RequestGate.patienceWithRefusal <= APIResponder.patience - ConfigService.refusalTime)
        #expect(APIResponder.repeatableBody == ProxyConfiguration.repeatableBody)
    }
}
