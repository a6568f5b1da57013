import Broker
import Foundation
import Simulator
import Testing

/// The implementations that the conformance suite runs against.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case rabbitMQ
    case simulated

    var testDescription: String { rawValue }
}

/// A broker and the faults that a test may play on it.
struct BrokerUnderTest: Sendable {
    let engine: Engine
    let broker: any MessageBroker
    private let memory: InMemoryBroker?
    private let server: RabbitMQServer?
    /// A name that no other test uses, for exchanges and queues.
    let name = "test.\(UUID().uuidString)"

    /// - Parameter other: the broker in memory to share; a RabbitMQ is shared anyway.
    init(_ engine: Engine, sharing other: BrokerUnderTest? = nil) throws {
        self.engine = engine
        switch engine {
        case .memory:
            let memory = other?.memory ?? InMemoryBroker()
            self.memory = memory
            server = nil
            broker = memory
        case .rabbitMQ:
            let server = try #require(RabbitMQRunning.current)
            memory = nil
            self.server = server
            broker = try RabbitMQBroker(server.configuration())
        case .simulated:
            let cluster = other?.memory ?? InMemoryBroker()
            memory = cluster
            server = nil
            broker = SharedBroker(cluster: cluster)
        }
    }

    /// Closes the connection from the broker's side.
    func dropConnection() async throws {
        let before = broker.state.connections
        memory?.dropConnection()
        try await server?.closeAllConnections()
        try await eventually("reconnected") { broker.state.connections > before && broker.state.phase == .connected }
    }

    func setBlocked(_ isBlocked: Bool) async throws {
        memory?.set(isBlocked ? .blocked("low on memory") : .serving)
        try await server?.setMemoryAlarm(isBlocked)
    }

    /// Whether a collector's queue has no message left.
    func isEmpty(_ node: String) async throws -> Bool {
        let queue = NoticeTopology.historyQueue(node: node)
        if let memory { return memory.depth(of: queue) == 0 }
        return try await server?.depth(of: queue) == 0
    }

    /// An exchange and a queue that gets all of it.
    func declareQueue(_ kind: QueueDeclaration.Kind = .classic, exchange: ExchangeDeclaration.Kind = .fanout)
        async throws
    {
        try await broker.declare(
            BrokerTopology(
                exchanges: [.init(name: name, kind: exchange, durable: true)],
                queues: [.init(name: name, kind: kind)],
                bindings: [.init(queue: name, exchange: name, routingKey: "#")]))
    }

    func message(_ text: String, id: String? = nil, routingKey: String = "") -> OutgoingMessage {
        OutgoingMessage(exchange: name, routingKey: routingKey, body: Array(text.utf8), messageID: id ?? text)
    }

    func consume(prefetch: Int = 100) -> AsyncThrowingStream<Delivery, any Error> {
        broker.consume(Subscription(queue: name, prefetch: prefetch))
    }

    /// Takes and acknowledges deliveries until so many different ones have come.
    func take(_ count: Int) async throws -> [String] {
        var texts: [String] = []
        for try await delivery in consume() {
            delivery.acknowledge()
            let text = String(decoding: delivery.body, as: UTF8.self)
            if !texts.contains(text) { texts.append(text) }
            if texts.count == count { break }
        }
        return texts
    }
}

extension Delivery {
    var text: String { String(decoding: body, as: UTF8.self) }
}
