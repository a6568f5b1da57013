import Foundation
import JSON
import Testing

@testable import Broker

extension BrokerSuites {
    /// What every implementation of ``MessageBroker`` does.
    struct BrokerConformanceTests {
        @Test(arguments: Engine.allCases)
        func aMessageArrivesWithItsProperties(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue(exchange: .topic)
            var message = test.message("{\"a\":1}", id: "id-1", routingKey: "a.b")
            message.headers = ["number": 1, "flag": true, "text": "x", "list": [1]]
            message.expiration = 60_000
            try await test.broker.publish(message)
            for try await delivery in test.consume() {
                #expect(delivery.text == "{\"a\":1}")
                #expect(delivery.messageID == "id-1")
                #expect(delivery.exchange == test.name)
                #expect(delivery.routingKey == "a.b")
                #expect(delivery.contentType == "application/json")
                #expect(delivery.contentEncoding == "utf-8")
                #expect(!delivery.redelivered)
                delivery.acknowledge()
                break
            }
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func emptyAndLargeBodiesArrive(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            let large = String(repeating: "x", count: 1 << 20)
            try await test.broker.publish(test.message("", id: "0"))
            try await test.broker.publish(test.message(large, id: "1"))
            #expect(try await test.take(2) == ["", large])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func exchangesRouteByTheirKind(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            let (direct, topic) = (test.name + ".direct", test.name + ".topic")
            try await test.broker.declare(
                BrokerTopology(
                    exchanges: [
                        .init(name: direct, kind: .direct, durable: false),
                        .init(name: topic, kind: .topic, durable: false),
                    ],
                    queues: [.init(name: test.name, kind: .classic, durable: false, autoDelete: false)],
                    bindings: [
                        .init(queue: test.name, exchange: direct, routingKey: "key"),
                        .init(queue: test.name, exchange: topic, routingKey: "a.*.#"),
                    ]))
            func publish(_ exchange: String, _ key: String) async throws {
                let body = Array("\(exchange == topic ? "topic" : "direct") \(key)".utf8)
                try await test.broker.publish(
                    OutgoingMessage(exchange: exchange, routingKey: key, body: body, messageID: key))
            }
            for key in ["key", "other", "key.x"] { try await publish(direct, key) }
            for key in ["a", "a.b", "b.a", "a.b.c"] { try await publish(topic, key) }
            var byName = test.message("default")
            byName.exchange = ""
            byName.routingKey = test.name
            try await test.broker.publish(byName)
            #expect(try await test.take(4) == ["direct key", "topic a.b", "topic a.b.c", "default"])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func oneTaskAfterTheOtherKeepsTheOrder(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue(.quorum)
            let numbers = (0..<50).map(String.init)
            for number in numbers { try await test.broker.publish(test.message(number)) }
            #expect(try await test.take(50) == numbers)
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func manyPublishesAtOnceAreAllConfirmed(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3000 {
                    group.addTask { try await test.broker.publish(test.message("\(number)"), deadline: .seconds(60)) }
                }
                try await group.waitForAll()
            }
            #expect(Set(try await test.take(3000)) == Set((0..<3000).map(String.init)))
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func aMandatoryMessageNeedsAQueue(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.broker.declare(
                BrokerTopology(exchanges: [.init(name: test.name, kind: .fanout, durable: false)]))
            var message = test.message("lost")
            try await test.broker.publish(message)
            message.mandatory = true
            let error = await #expect(throws: BrokerError.self) { try await test.broker.publish(message) }
            #expect(error?.code == .unroutable)
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func whatAConsumerDidNotSettleComesAgain(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            for number in 0..<4 { try await test.broker.publish(test.message("\(number)")) }
            var seen: [String] = []
            for try await delivery in test.consume() {
                seen.append(delivery.text)
                if delivery.text == "0" { delivery.acknowledge() }
                if seen.count == 3 { break }
            }
            #expect(seen == ["0", "1", "2"])
            var again: [String] = []
            for try await delivery in test.consume() {
                again.append(delivery.text + (delivery.redelivered ? " again" : ""))
                delivery.acknowledge()
                if again.count == 3 { break }
            }
            #expect(again.map { $0.prefix(1) } == ["1", "2", "3"])
            #expect(again.prefix(2) == ["1 again", "2 again"])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func rejectedMessagesGoBackOrAway(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            for text in ["drop", "back"] { try await test.broker.publish(test.message(text)) }
            var seen: [String] = []
            for try await delivery in test.consume(prefetch: 1) {
                seen.append(delivery.text)
                switch (delivery.text, delivery.redelivered) {
                case ("drop", _): delivery.reject(requeue: false)
                case (_, false): delivery.reject(requeue: true)
                default: delivery.acknowledge()
                }
                if seen.count == 3 { break }
            }
            #expect(seen == ["drop", "back", "back"])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func theStreamIsHeldToThePrefetch(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            for number in 0..<6 { try await test.broker.publish(test.message("\(number)")) }
            var iterator = test.consume(prefetch: 2).makeAsyncIterator()
            let first = try #require(try await iterator.next())
            let second = try #require(try await iterator.next())
            // A second consumer gets the rest, since the first one may have no more.
            var others: [String] = []
            for try await delivery in test.consume(prefetch: 10) {
                others.append(delivery.text)
                delivery.acknowledge()
                if others.count == 4 { break }
            }
            #expect([first.text, second.text] == ["0", "1"])
            #expect(others == ["2", "3", "4", "5"])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func settlingTwiceDoesNoHarm(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            for number in 0..<2 { try await test.broker.publish(test.message("\(number)")) }
            let connections = test.broker.state.connections
            var count = 0
            for try await delivery in test.consume(prefetch: 1) {
                delivery.acknowledge()
                delivery.acknowledge()
                delivery.reject(requeue: true)
                count += 1
                if count == 2 { break }
            }
            #expect(test.broker.state.connections == connections)
            #expect(test.broker.state.lastError == nil)
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func declaringAgainIsFineButNotOtherwise(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            try await test.declareQueue()
            let error = await #expect(throws: BrokerError.self) { try await test.declareQueue(exchange: .direct) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains(test.name) == true)
            // The refusal harms nothing else.
            try await test.broker.publish(test.message("after"))
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func mistakesOfTheCallerAreToldAtOnce(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            let unknown = await #expect(throws: BrokerError.self) { try await test.broker.publish(test.message("x")) }
            #expect(unknown?.code == .invalid)
            try await test.declareQueue()
            var large = test.message("x")
            large.body = Array(repeating: 0, count: BrokerLimits().bodyBytes + 1)
            let message = large
            let tooLarge = await #expect(throws: BrokerError.self) { try await test.broker.publish(message) }
            #expect(tooLarge?.code == .invalid)
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func aLostConnectionLosesNothing(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue(.quorum)
            for number in 0..<3 { try await test.broker.publish(test.message("\(number)")) }
            var iterator = test.consume(prefetch: 10).makeAsyncIterator()
            let old = try #require(try await iterator.next())
            #expect(old.text == "0")
            try await test.dropConnection()
            // It belongs to the old connection; on the new one it comes again.
            old.acknowledge()
            try await test.broker.publish(test.message("3"))
            var seen: [String] = []
            while seen.count < 4, let delivery = try await iterator.next() {
                #expect(delivery.redelivered == (delivery.text != "3") || delivery.text == "3")
                seen.append(delivery.text)
                delivery.acknowledge()
            }
            #expect(Set(seen) == ["0", "1", "2", "3"])
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func aBlockedBrokerShowsAndPublishesWait(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            try await test.setBlocked(true)
            // RabbitMQ tells a connection when it publishes; that message itself may be stored once the alarm is over.
            let first = await #expect(throws: BrokerError.self) {
                try await test.broker.publish(test.message("first"), deadline: .seconds(1))
            }
            #expect([.unavailable, .unconfirmed].contains(first?.code))
            try await eventually("blocked is shown") { test.broker.state.blocked != nil }
            #expect(!test.broker.state.isUsable)
            let second = await #expect(throws: BrokerError.self) {
                try await test.broker.publish(test.message("second"), deadline: .milliseconds(300))
            }
            #expect(second?.code == .unavailable)
            #expect(second?.message.contains("memory") == true)
            async let third: Void = test.broker.publish(test.message("third"), deadline: .seconds(30))
            try await test.setBlocked(false)
            try await third
            #expect(test.broker.state.isUsable)
            let taken = try await test.take(engine == .rabbitMQ ? 2 : 1)
            #expect(taken.contains("third"))
            #expect(!taken.contains("second"))
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func aCancelledPublishEndsAtOnce(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            try await test.setBlocked(true)
            let start = ContinuousClock.now
            let task = Task { try await test.broker.publish(test.message("x"), deadline: .seconds(60)) }
            try await eventually("it waits") { test.broker.state.publishing == 1 }
            task.cancel()
            await #expect(throws: BrokerError.self) { try await task.value }
            #expect(start.duration(to: .now) < .seconds(20))
            #expect(test.broker.state.publishing == 0)
            try await test.setBlocked(false)
            await test.broker.close()
        }

        @Test(arguments: Engine.allCases)
        func statesFollowTheConnection(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            var phases: [BrokerState.Phase] = []
            for await state in test.broker.states() {
                if phases.last != state.phase { phases.append(state.phase) }
                if state.phase == .connected { break }
            }
            #expect(phases.last == .connected)
            #expect(test.broker.state.endpoint != nil)
            let connections = test.broker.state.connections
            try await test.dropConnection()
            #expect(test.broker.state.lastError != nil)
            #expect(test.broker.state.connections == connections + 1)
            await test.broker.close()
            #expect(test.broker.state.phase == .closed)
            var ended = false
            for await state in test.broker.states() { ended = state.phase == .closed }
            #expect(ended)
        }

        @Test(arguments: Engine.allCases)
        func closingEndsStreamsAndPublishes(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            try await test.declareQueue()
            let stream = test.consume()
            let reader = Task {
                var count = 0
                for try await _ in stream { count += 1 }
                return count
            }
            async let publishes: Void = withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 { group.addTask { try await test.broker.publish(test.message("\(number)")) } }
                try await group.waitForAll()
            }
            try await publishes
            await test.broker.close()
            await test.broker.close()
            #expect(try await reader.value <= 200)
            let error = await #expect(throws: BrokerError.self) { try await test.broker.publish(test.message("late")) }
            #expect(error?.code == .closed)
            await #expect(throws: BrokerError.self) { try await test.declareQueue() }
            for try await _ in test.consume() { Issue.record("a delivery after the end") }
        }
    }
}
