import Broker
import History
import Testing

@testable import Drill

/// The load of messages against a broker in memory, which several connections share.
@Suite struct MessageLoadTests {
    /// One connection of several: closing it leaves the broker to the others. It may lose what it was told to.
    private struct Connection: MessageBroker {
        let broker: InMemoryBroker
        let loses: @Sendable (OutgoingMessage) -> Bool

        var state: BrokerState { broker.state }
        func states() -> AsyncStream<BrokerState> { broker.states() }
        func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
            try await broker.declare(topology, deadline: deadline)
        }
        /// What is lost is confirmed all the same.
        func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
            if !loses(message) { try await broker.publish(message, deadline: deadline) }
        }
        func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
            broker.consume(subscription)
        }
        func close() async {}
    }

    private static func load(
        loses: @escaping @Sendable (OutgoingMessage) -> Bool = { _ in false }
    ) -> MessageLoad {
        let broker = InMemoryBroker()
        var plan = LoadPlan()
        plan.rate = 1000
        return MessageLoad(plan: plan, prefix: "test", brokers: 3, lasting: 60) { _ in
            Connection(broker: broker, loses: loses)
        }
    }

    /// Runs a load until so many requests have been recorded.
    private static func run(_ load: MessageLoad, count: Int) async throws {
        try await load.prepare()
        let running = Task { await load.run() }
        while load.recorder.requests.count < count { await Task.yield() }
        running.cancel()
        await running.value
    }

    @Test func bothQueuesGetTheSameAndKeepIt() async throws {
        let load = Self.load()
        try await Self.run(load, count: 60)
        let audits = try await load.collect().messageAudits
        #expect(audits.map(\.queue) == ["mirrored", "quorum"])
        for audit in audits {
            #expect(audit.confirmed >= 29 && audit.received == audit.published && audit.lost.isEmpty)
        }
        #expect(abs(audits[0].published - audits[1].published) <= 1)
    }

    @Test func aConfirmedMessageThatIsNotThereIsLost() async throws {
        let load = Self.load { $0.routingKey == "test-mirrored" && $0.messageID == "7" }
        try await Self.run(load, count: 60)
        let audits = try await load.collect().messageAudits
        #expect(audits.map(\.lost) == [["7"], []])
    }

    @Test func whatIsRefusedHasFailedAndIsNotLost() async throws {
        let load = MessageLoad(plan: LoadPlan(), prefix: "test", brokers: 1, lasting: 60) { _ in RefusingBroker() }
        try await Self.run(load, count: 4)
        let requests = load.recorder.requests
        #expect(Availability(of: requests).failed == requests.count)
        #expect(MessageAudit(queue: "quorum", of: requests, received: []).lost.isEmpty)
    }

    private struct RefusingBroker: MessageBroker {
        let state = InMemoryBroker().state
        func states() -> AsyncStream<BrokerState> { AsyncStream { $0.finish() } }
        func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {}
        func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
            throw BrokerError(.refused, "no")
        }
        func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
            AsyncThrowingStream { $0.finish() }
        }
        func close() async {}
    }

    /// Judged also when it never began: nothing was published, and nobody is asked for it.
    @Test func aLoadThatNeverBeganHasNothing() async throws {
        let load = MessageLoad(plan: LoadPlan(), prefix: "test", brokers: 3, lasting: 60) { _ in
            throw DrillError("nobody is there")
        }
        await #expect(throws: DrillError.self) { try await load.prepare() }
        #expect(try await load.collect() == LoadRecord(requests: []))
        #expect(await load.clean().isEmpty)
    }

    /// The queues are the broker's to remove: nothing may stay for good when a drill is killed.
    @Test func theQueuesGoByThemselves() {
        for queue in MessageQueue.allCases {
            let declaration = queue.declaration(prefix: "test", unusedSeconds: 90)
            #expect(declaration.unusedSeconds == 90 && declaration.isLedWhereDeclared && declaration.durable)
        }
        #expect(MessageQueue.mirrored.declaration(prefix: "a", unusedSeconds: 1).kind == .classic)
        #expect(MessageQueue.quorum.declaration(prefix: "a", unusedSeconds: 1).kind == .quorum)
    }
}
