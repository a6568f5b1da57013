import Blueprint
import Foundation
import Synchronization
import Testing

@testable import Broker

extension BrokerSuites {
    /// What happens to a RabbitMQ connection when the broker or the network fails.
    struct RabbitMQFaultTests {
        /// What publishers that try again until the confirm, as the outbox does, have seen.
        private final class PublishingRecord: Sendable {
            struct Content {
                var confirmed: Set<String> = []
                var unconfirmed = 0
                var isOver = false
            }
            let content = Mutex(Content())
        }

        private static func publishUntilOver(
            _ publisher: Int, on test: BrokerUnderTest, _ record: PublishingRecord
        ) async throws {
            var number = 0
            while !record.content.withLock({ $0.isOver }) {
                number += 1
                let message = test.message("\(publisher).\(number)")
                while true {
                    do {
                        try await test.broker.publish(message, deadline: .seconds(1))
                        record.content.withLock { _ = $0.confirmed.insert(message.messageID) }
                        break
                    } catch {
                        guard [.unconfirmed, .unavailable].contains(error.code) else { throw error }
                        if error.code == .unconfirmed { record.content.withLock { $0.unconfirmed += 1 } }
                    }
                }
            }
        }

        @Test func closedConnectionsLoseNothingThatIsPublishedAgain() async throws {
            let test = try BrokerUnderTest(.rabbitMQ)
            let server = try #require(RabbitMQRunning.current)
            try await test.declareQueue(.quorum)
            let record = PublishingRecord()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for publisher in 0..<16 {
                    group.addTask { try await Self.publishUntilOver(publisher, on: test, record) }
                }
                for _ in 0..<5 {
                    let (before, confirmed) = (
                        test.broker.state.connections, record.content.withLock { $0.confirmed.count }
                    )
                    try await server.closeAllConnections()
                    try await eventually("reconnected") { test.broker.state.connections > before }
                    try await eventually("publishing goes on") {
                        record.content.withLock { $0.confirmed.count } > confirmed + 50
                    }
                }
                record.content.withLock { $0.isOver = true }
                try await group.waitForAll()
            }
            let (confirmed, unconfirmed) = record.content.withLock { ($0.confirmed, $0.unconfirmed) }
            #expect(unconfirmed > 0)
            var taken: Set<String> = []
            for try await delivery in test.consume() {
                delivery.acknowledge()
                taken.insert(delivery.messageID)
                if taken.isSuperset(of: confirmed) { break }
            }
            #expect(taken == confirmed)
            #expect(test.broker.state.lastError?.contains("320") == true)
            await test.broker.close()
        }

        @Test func aFrozenBrokerFailsPublishesInTimeAndIsFoundAgain() async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue(.quorum)
            try await test.broker.publish(test.message("before"))
            server.freeze()
            defer { server.thaw() }
            let start = ContinuousClock.now
            let sent = await #expect(throws: BrokerError.self) {
                try await test.broker.publish(test.message("frozen"), deadline: .milliseconds(500))
            }
            #expect(sent?.code == .unconfirmed)
            #expect(start.duration(to: .now) < .seconds(3))
            try await eventually("the heartbeat notices", within: .seconds(15)) {
                test.broker.state.phase == .connecting
            }
            let unsent = await #expect(throws: BrokerError.self) {
                try await test.broker.publish(test.message("away"), deadline: .milliseconds(200))
            }
            #expect(unsent?.code == .unavailable)
            server.thaw()
            try await test.broker.publish(test.message("after"), deadline: .seconds(30))
            // The broker may have found "frozen" in its socket after all; that is what unconfirmed means.
            var taken: [String] = []
            for try await delivery in test.consume() {
                delivery.acknowledge()
                taken.append(delivery.text)
                if delivery.text == "after" { break }
            }
            #expect(taken.filter { $0 != "frozen" } == ["before", "after"])
            await test.broker.close()
        }

        @Test func aFrozenBrokerDoesNotHoldUpClosing() async throws {
            let server = try #require(RabbitMQRunning.current)
            let broker = try RabbitMQBroker(server.configuration { $0.limits.closeTimeout = .milliseconds(500) })
            let name = "test.\(UUID().uuidString)"
            try await broker.declare(BrokerTopology(exchanges: [.init(name: name, kind: .fanout, durable: false)]))
            server.freeze()
            defer { server.thaw() }
            // More than the socket's buffers take, so that the thread is inside a call that sends.
            let big = OutgoingMessage(
                exchange: name, routingKey: "", body: Array(repeating: 0, count: 8 << 20), messageID: "big")
            let publishes = (0..<2).map { _ in Task { try await broker.publish(big, deadline: .seconds(60)) } }
            try await eventually("both are under way") { broker.state.publishing == 2 }
            let start = ContinuousClock.now
            await broker.close()
            #expect(start.duration(to: .now) < .seconds(8))
            for publish in publishes { await #expect(throws: BrokerError.self) { try await publish.value } }
        }

        /// What a watch asks must be answered by a node that has paused: RabbitMQ's own word for it is that its
        /// application is stopped.
        @Test func aPausedNodeAnswersTheWatch() async throws {
            let server = try #require(RabbitMQRunning.current)
            #expect(try await server.evaluate(BrokerWatch.question).contains("true 0"))
            _ = try await server.evaluate("rabbit:stop().")
            let paused = try await server.evaluate(BrokerWatch.question)
            _ = try await server.evaluate("rabbit:start().")
            #expect(paused.contains("false 0"))
        }

        @Test func theNextMemberIsTriedWhenOneIsAway() async throws {
            let server = try #require(RabbitMQRunning.current)
            let closed = try RabbitMQServer.freePorts(2)
            let broker = try RabbitMQBroker(
                server.configuration {
                    $0.endpoints = closed.map { .init(host: "127.0.0.1", port: $0) } + $0.endpoints
                })
            try await broker.declare(BrokerTopology())
            #expect(broker.state.endpoint == "127.0.0.1:\(server.port)")
            await broker.close()
        }

        @Test func aWrongPasswordIsTold() async throws {
            let server = try #require(RabbitMQRunning.current)
            let broker = try RabbitMQBroker(server.configuration { $0.credentials.password = "wrong" })
            let error = await #expect(throws: BrokerError.self) {
                try await broker.declare(BrokerTopology(), deadline: .seconds(2))
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("log in as skein") == true)
            #expect(error?.message.contains("wrong") == false)
            await broker.close()
        }

        @Test func aDeletedQueueIsMadeAgain() async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue()
            var iterator = test.consume().makeAsyncIterator()
            try await test.broker.publish(test.message("1"))
            try #require(try await iterator.next()).acknowledge()
            try await server.deleteQueue(test.name)
            // Until the consumer has declared it again, messages go nowhere.
            try await eventually("the consumer noticed") { test.broker.state.lastError != nil }
            try await eventually("the queue is back") { try await server.depth(of: test.name) >= 0 }
            try await test.broker.publish(test.message("2"))
            #expect(try await iterator.next()?.text == "2")
            await test.broker.close()
        }

        @Test func aDeletedExchangeHarmsOnlyWhatIsOutstanding() async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue()
            try await server.evaluate(
                "rabbit_exchange:delete(rabbit_misc:r(<<\"/\">>, exchange, <<\"\(test.name)\">>), false, <<\"test\">>)."
            )
            let error = await #expect(throws: BrokerError.self) { try await test.broker.publish(test.message("1")) }
            #expect(error?.code == .unconfirmed)
            #expect(error?.message.contains("404") == true)
            try await test.broker.publish(test.message("2"))
            #expect(try await test.take(1) == ["2"])
            #expect(test.broker.state.connections == 1)
            await test.broker.close()
        }

        @Test func aQueueThatRefusesIsToldAndTriedOnANewChannel() async throws {
            let server = try #require(RabbitMQRunning.current)
            let test = try BrokerUnderTest(.rabbitMQ)
            try await test.declareQueue()
            try await server.evaluate(
                """
                rabbit_policy:parse_set(<<"/">>, <<"full">>, <<"^\(test.name)$">>, \
                <<"{\\"max-length\\":1,\\"overflow\\":\\"reject-publish\\"}">>, <<"0">>, <<"queues">>, <<"test">>).
                """)
            try await eventually("the queue is full") {
                do throws(BrokerError) {
                    try await test.broker.publish(test.message("1"))
                    return false
                } catch {
                    return error.code == .refused
                }
            }
            try await server.evaluate("rabbit_policy:delete(<<\"/\">>, <<\"full\">>, <<\"test\">>).")
            let record = Mutex<[BrokerError.Code]>([])
            try await eventually("the queue takes messages again") {
                do throws(BrokerError) {
                    try await test.broker.publish(test.message("2"))
                    return true
                } catch {
                    record.withLock { $0.append(error.code) }
                    return false
                }
            }
            #expect(record.withLock { $0.allSatisfy { [.refused, .unconfirmed].contains($0) } })
            // Longer than a channel is kept after a refusal: the next one is a new channel, and works as well.
            let end = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < end {
                do throws(BrokerError) {
                    try await test.broker.publish(test.message("3"))
                } catch {
                    // What was under way when the channel was renewed is published again.
                    #expect(error.code == .unconfirmed)
                }
            }
            #expect(test.broker.state.connections == 1)
            await test.broker.close()
        }

        @Test func aConsumerWaitsForItsQueue() async throws {
            let test = try BrokerUnderTest(.rabbitMQ)
            let stream = test.consume()
            try await eventually("the missing queue is told") { test.broker.state.lastError?.contains("404") == true }
            try await test.declareQueue()
            try await test.broker.publish(test.message("1"))
            for try await delivery in stream {
                #expect(delivery.text == "1")
                delivery.acknowledge()
                break
            }
            await test.broker.close()
        }

        @Test func aReleasedBrokerEndsItsThread() async throws {
            let server = try #require(RabbitMQRunning.current)
            let states: AsyncStream<BrokerState>
            do {
                let broker = try RabbitMQBroker(server.configuration())
                try await broker.declare(BrokerTopology())
                states = broker.states()
            }
            var last = BrokerState.Phase.connected
            for await state in states { last = state.phase }
            #expect(last == .closed)
        }

        @Test func anOverfullQueueOfPublishesIsToldAtOnce() async throws {
            let closed = try RabbitMQServer.freePorts(1)
            let server = try #require(RabbitMQRunning.current)
            let broker = try RabbitMQBroker(
                server.configuration {
                    $0.endpoints = [.init(host: "127.0.0.1", port: closed[0])]
                    $0.limits.queuedMessages = 3
                })
            let message = OutgoingMessage(exchange: "", routingKey: "q", body: [], messageID: "1")
            let codes = await withTaskGroup(of: BrokerError.Code?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        do throws(BrokerError) {
                            try await broker.publish(message, deadline: .milliseconds(500))
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.filter { $0 == .overloaded }.count == 2)
            #expect(codes.filter { $0 == .unavailable }.count == 3)
            await broker.close()
        }
    }
}
