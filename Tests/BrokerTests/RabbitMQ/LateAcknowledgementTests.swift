import Testing

@testable import Broker

extension BrokerSuites {
    /// Acknowledgements are sent together, so what ends the channel right after one must not overtake it.
    struct LateAcknowledgementTests {
        @Test func whatWasAcknowledgedBeforeTheStreamEndedDoesNotComeAgain() async throws {
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue()
            for round in 0..<50 {
                try await test.broker.publish(test.message("\(round)"))
                for try await delivery in test.consume() {
                    #expect(delivery.text == "\(round)")
                    delivery.acknowledge()
                    break
                }
            }
            await test.broker.close()
        }

        @Test func whatWasAcknowledgedBeforeTheCloseDoesNotComeAgain() async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue()
            for round in 0..<10 { try await test.broker.publish(test.message("\(round)")) }
            for round in 0..<10 {
                let broker = try RabbitMQBroker(server.configuration())
                var iterator = broker.consume(Subscription(queue: test.name, prefetch: 1)).makeAsyncIterator()
                let delivery = try #require(try await iterator.next())
                #expect(delivery.text == "\(round)")
                delivery.acknowledge()
                await broker.close()
            }
            await test.broker.close()
        }
    }
}
