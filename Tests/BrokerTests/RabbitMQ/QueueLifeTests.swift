import Testing

@testable import Broker

extension BrokerSuites {
    /// What a declaration says of where a queue is and how long it stays.
    struct QueueLifeTests {
        @Test(arguments: [QueueDeclaration.Kind.classic, .quorum])
        func anUnusedQueueIsRemovedByTheBroker(kind: QueueDeclaration.Kind) async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            let queues = [
                QueueDeclaration(name: test.name, kind: kind, unusedSeconds: 1, isLedWhereDeclared: true),
                QueueDeclaration(name: test.name + ".kept", kind: kind, isLedWhereDeclared: true),
            ]
            try await test.broker.declare(BrokerTopology(queues: queues))
            #expect(try await server.depth(of: test.name) == 0)
            try await eventually("the queue is gone") { try await server.depth(of: test.name) == -1 }
            #expect(try await server.depth(of: test.name + ".kept") == 0)
            try await server.deleteQueue(test.name + ".kept")
            await test.broker.close()
        }
    }
}
