import Foundation
import Testing
import Time

@testable import Broker

extension BrokerSuites {
    struct EventHistoryTests {
        static func notice(_ number: Int) -> Notice {
            Notice(
                id: UUID().uuidString.lowercased(), order: "\(number)", objectType: "virtual-network",
                objectID: "o\(number % 3)", operation: .update, fqName: ["\(number)"], requestID: "req-\(number)",
                time: Timestamp(microseconds: number))
        }

        static func publish(_ notices: [Notice], to broker: any MessageBroker, host: String = "c1") async throws {
            let own = notices.flatMap { $0.messages(host: host) }
            for message in own + Notice.historyMessages(of: notices) { try await broker.publish(message) }
        }

        @Test(arguments: Engine.allCases)
        func whatIsPublishedIsKeptByEachCollectorOnce(engine: Engine) async throws {
            let test = try BrokerUnderTest(engine)
            let nodes = (1...2).map { "\(test.name)-\($0)" }
            try await test.broker.declare(NoticeTopology.publisher(collectors: nodes))
            let notices = (0..<30).map(Self.notice)
            // One collector has not run yet; its events wait for it. Some are published twice, as after a lost confirm.
            try await Self.publish(notices + notices.prefix(10), to: test.broker)
            for node in nodes {
                let folder = HistoryLogTests.Folder()
                let log = try await HistoryLog.open(folder: folder.path)
                let consumer = try BrokerUnderTest(engine, sharing: test)
                let history = EventHistory(
                    log: log, broker: consumer.broker, node: node)
                let running = Task { await history.run() }
                try await eventually("all events are kept") { history.state.log.events == 30 }
                let page = await history.events(HistoryQuery(limit: 1000))
                #expect(page.events == notices.map(HistoryEvent.init).reversed())
                #expect(await history.events(HistoryQuery(objectID: "o1")).events.count == 10)
                running.cancel()
                await running.value
                try await eventually("the queue is empty") { try await consumer.isEmpty(node) }
            }
            await test.broker.close()
        }

        @Test func whatTheDiskDoesNotTakeStaysWithTheBroker() async throws {
            let broker = InMemoryBroker()
            let folder = HistoryLogTests.Folder()
            let log = try await HistoryLog.open(folder: folder.path)
            try await broker.declare(NoticeTopology.publisher(collectors: ["c1"]))
            // Nothing can be made in a folder that is none.
            try FileManager.default.removeItem(atPath: folder.path)
            try Data().write(to: URL(filePath: folder.path))
            let history = EventHistory(
                log: log, broker: broker, node: "c1",
                retry: Backoff(first: .milliseconds(10), longest: .milliseconds(10)))
            let running = Task { await history.run() }
            let notices = (0..<5).map(Self.notice)
            try await Self.publish(notices, to: broker)
            try await eventually("the failure shows") { history.state.failure != nil }
            #expect(log.statistics.events == 0)
            try FileManager.default.removeItem(atPath: folder.path)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
            try await eventually("all events are kept") { history.state.log.events == 5 }
            #expect(history.state.failure == nil)
            #expect(await history.events(HistoryQuery()).events == notices.map(HistoryEvent.init).reversed())
            await broker.close()
            await running.value
        }

        @Test func whatComesWithinAMomentWaitsToBeKeptTogether() async throws {
            let broker = InMemoryBroker()
            let folder = HistoryLogTests.Folder()
            let (pauses, pause) = AsyncStream.makeStream(of: Duration.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let history = EventHistory(
                log: try await HistoryLog.open(folder: folder.path), broker: broker, node: "c1"
            ) { duration in
                pause.yield(duration)
                for await _ in ends { return }
            }
            try await broker.declare(NoticeTopology.publisher(collectors: ["c1"]))
            let running = Task { await history.run() }
            try await Self.publish([Self.notice(1)], to: broker)
            let first = await pauses.first { _ in true }
            #expect(first == EventHistory.gatheringTime)
            try await Self.publish([Self.notice(2), Self.notice(3)], to: broker)
            #expect(history.state.log.events == 0)
            end.finish()
            try await eventually("all events are kept") { history.state.log.events == 3 }
            await broker.close()
            await running.value
        }

        @Test func whatIsNoEventIsDroppedAndCounted() async throws {
            let broker = InMemoryBroker()
            let folder = HistoryLogTests.Folder()
            let history = EventHistory(
                log: try await HistoryLog.open(folder: folder.path), broker: broker, node: "c1")
            try await broker.declare(NoticeTopology.publisher(collectors: ["c1"]))
            try await broker.publish(
                OutgoingMessage(
                    exchange: NoticeTopology.eventsExchange, routingKey: "", body: [1, 2], messageID: "garbage"))
            var damaged = try #require(Notice.historyMessages(of: [Self.notice(1), Self.notice(2)]).first)
            damaged.body = Array("{}\n".utf8) + damaged.body + Array("{\"id\"".utf8)
            try await broker.publish(damaged)
            let running = Task { await history.run() }
            try await eventually("the events are kept") { history.state.log.events == 2 }
            #expect(history.state.unreadable == 3)
            await broker.close()
            await running.value
        }
    }
}
