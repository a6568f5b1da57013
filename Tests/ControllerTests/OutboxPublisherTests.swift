import Broker
import HTTPService
import HashTreeCollections
import JSON
import Logging
import Model
import SQLiteStore
import StatusAPI
import Store
import Testing
import Time

@testable import Controller

/// What becomes of notices that nobody can publish, and of too many: a controller that leads the outbox, on a real store.
@Suite struct OutboxPublisherTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let admin = EditContext.Caller(
        userID: "u", userName: "root", projectID: "p", projectName: "admin", domainID: "default",
        domainName: "Default", roles: ["admin"], isAdmin: true)

    private struct Place {
        let service: ConfigService
        /// As the controller sees it.
        let store: FaultyStore
        /// The same without faults.
        let contents: SQLiteStore
        let broker: RecordingBroker

        /// Waits until the controller's state is such.
        func wait(until isSuch: (Snapshot) -> Bool) async {
            for await state in service.replica.states() where isSuch(state.snapshot) { return }
        }

        /// Puts entries into the outbox as writes do.
        func put(_ entries: some Sequence<(String, [UInt8])>) async throws -> Revision {
            let changes = entries.map { Change.put(StoreKey.outbox($0.0).path, $0.1) }
            guard case .committed(let revision) = try await contents.commit(Transaction(changes: changes)) else {
                throw StoreError(.invalid, "refused")
            }
            return revision
        }

        func status(_ method: String, _ path: String, as caller: EditContext.Caller? = admin) async throws -> APIAnswer
        {
            let handler = StatusHandler(node: "c1", service: service, broker: { .null }, services: { [] })
            return try await handler.respond(to: APIRequest(method: method, path: path, caller: caller))
        }
    }

    /// Runs a controller whose pauses are a fiftieth as long, until `body` has ended. It leads the outbox when `body` begins,
    /// and nothing waits.
    private func withLeader(
        backlog: BacklogBound.Limits = .init(), _ body: (Place) async throws -> Void
    ) async throws {
        let contents = try SQLiteStore(path: nil)
        let store = FaultyStore(contents)
        var surroundings = Surroundings.system
        surroundings.sleep = { try await Task.sleep(for: $0 / 50) }
        let service = ConfigService(
            store: store, schema: try ConfigServiceTests.schema.get(), logger: Self.logger,
            clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: true,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) }, surroundings: surroundings)
        let broker = RecordingBroker()
        let publisher = OutboxPublisher(
            service: service, broker: broker, topology: BrokerTopology(), node: "c1", backlog: backlog,
            logger: Self.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await service.follow() }
            group.addTask { await publisher.publish() }
            let place = Place(service: service, store: store, contents: contents, broker: broker)
            await place.wait { $0.leaders["outbox"] != nil && !$0.objects.isEmpty && $0.outbox.isEmpty }
            try await body(place)
            group.cancelAll()
        }
    }

    private static func notice(_ number: Int, object: Int) -> Notice {
        let digits = String(number)
        let tail = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        return Notice(
            id: "0b9c1f3e-4a5b-4c6d-8e7f-\(tail)000", order: tail, objectType: "virtual-network",
            objectID: "object-\(object)", operation: .update, fqName: ["a"], requestID: "req-1",
            time: Timestamp(microseconds: 1_800_000_000_000_000),
            neutronEvents: [
                .init(type: "network.update.start", payload: ["network": ["name": "red"]]),
                .init(type: "network.update.end", payload: ["network": ["name": "red", "mtu": 1450, "tags": []]]),
            ])
    }

    private static func nested(_ depth: Int) -> [UInt8] {
        Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
    }

    /// The notices whose events the history was told, in order.
    private static func told(_ broker: RecordingBroker) -> [String] {
        broker.messages.filter { $0.exchange == NoticeTopology.eventsExchange }.flatMap { message in
            message.body.split(separator: UInt8(ascii: "\n")).compactMap { HistoryEvent(parsing: $0)?.id }
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatCannotBePublishedIsMovedAsideAndTheOthersGoOn() async throws {
        try await withLeader { place in
            let notices = (0..<4).map { Self.notice($0, object: 1) }
            let unreadable = Array(#"{"id":"x","extra":"#.utf8) + Self.nested(70) + Array("}".utf8)
            place.broker.refused = [notices[1].id]
            _ = try await place.put([
                ("1", notices[0].bytes), ("2", unreadable), ("3", notices[1].bytes), ("4", notices[2].bytes),
            ])
            _ = try await place.put([("5", notices[3].bytes)])
            await place.wait { $0.outbox.isEmpty && $0.setAside.count == 2 }
            let ours = Self.told(place.broker).filter { id in notices.contains { $0.id == id } }
            #expect(ours == [notices[0].id, notices[2].id, notices[3].id])

            let status = try JSONValue(parsing: try await place.status("GET", "/status", as: nil).body)
            #expect(status["set_aside"]?["count"] == 2)
            #expect(status["set_aside"]?["since"] == "2027-01-15T08:00:00.000000Z")
            #expect(status["lost_notices"] == .null && status["waiting_notices"] == 0)
            let list = try JSONValue(parsing: try await place.status("GET", "/set-aside").body)["set_aside"]
            #expect(list?.arrayValue?.map { $0["id"] } == ["2", "3"])
            #expect(list?.arrayValue?.first?["reason"]?.stringValue?.contains("64 levels deep") == true)
            #expect(list?.arrayValue?.last?["reason"]?.stringValue?.contains("says the test") == true)
            #expect(try await place.status("GET", "/set-aside/2").body == unreadable)
            #expect(try await place.status("GET", "/set-aside", as: nil).status == 403)
            #expect(try await place.status("GET", "/set-aside/9").status == 404)
            for _ in 0..<2 { #expect(try await place.status("DELETE", "/set-aside/2").status == 204) }
            #expect(try await place.status("GET", "/set-aside/2").status == 404)
            #expect(try await place.status("DELETE", "/set-aside").status == 204)
            #expect(try await place.status("PUT", "/set-aside").status == 405)
            await place.wait { $0.setAside.isEmpty }
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [[FaultyStore.Fault.loseAnswer], [.loseRequest], [.loseRequest, .loseRequest, .loseAnswer]])
    func aMoveOfWhichNobodyKnowsIsMadeOnce(faults: [FaultyStore.Fault]) async throws {
        try await withLeader { place in
            place.store.fail(faults)
            let revision = try await place.put([("1", Self.nested(70))])
            await place.wait { $0.outbox.isEmpty && $0.revision > revision }
            _ = try await place.put([("2", Self.notice(1, object: 1).bytes)])
            await place.wait { $0.outbox.isEmpty && $0.setAside.count == 1 }
        }
    }

    /// Each move counts one that is lost, on from the move before it, and none is refused for that.
    @Test(.timeLimit(.minutes(1))) func whenAsManyAsAreKeptAreSetAsideEachMoveFollowsTheOneBefore() async throws {
        try await withLeader { place in
            let kept = (0..<SetAsideNotice.mostEntries).map { number in
                Change.put(StoreKey.setAside("\(10_000 + number)").path, Array("x".utf8))
            }
            guard case .committed(let revision) = try await place.contents.commit(Transaction(changes: kept)) else {
                throw StoreError(.invalid, "refused")
            }
            await place.wait { $0.revision >= revision }
            let before = place.store.commitCount
            let moves = 10
            let added = try await place.put((0..<moves).map { ("\(20_000 + $0)", Self.nested(70)) })
            await place.wait { $0.revision >= added && $0.outbox.isEmpty }
            let snapshot = place.service.replica.state.snapshot
            #expect(snapshot.setAside.count == SetAsideNotice.mostEntries)
            #expect(snapshot.noticeLosses.map { NoticeLosses(stored: $0.value).setAside } == moves)
            #expect(place.store.commitCount - before == moves)
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsSetAsideIsBoundedAndCounted() async throws {
        try await withLeader { place in
            // Each takes a little more than 900 kB, and 16 MiB are kept.
            let large = Array(String(repeating: "x", count: 900_000).utf8)
            for number in 0..<25 { _ = try await place.put([("\(100 + number)", large)]) }
            await place.wait { $0.outbox.isEmpty && $0.setAside["124"] != nil }
            let snapshot = place.service.replica.state.snapshot
            let kept = snapshot.setAside.keys.sorted()
            #expect(kept == (107..<125).map { "\($0)" })
            #expect(snapshot.noticeLosses.map { NoticeLosses(stored: $0.value).setAside } == 7)
        }
    }

    /// Changes without end and no broker: the outbox keeps within its bound, and what it gave up is counted to the last.
    @Test(.timeLimit(.minutes(3)))
    func aHundredThousandChangesWithoutABrokerKeepWithinTheBound() async throws {
        let limits = BacklogBound.Limits(entries: 4_000, bytes: 64 << 20)
        try await withLeader(backlog: limits) { place in
            place.broker.isAway = true
            let changes = 100_000
            for first in stride(from: 0, to: changes, by: 500) {
                let revision = try await place.put(
                    (first..<first + 500).map { ("\(1_000_000 + $0)", Self.notice($0, object: $0 % 50).bytes) })
                await place.wait { $0.revision >= revision && $0.outbox.count <= limits.entries }
            }
            await place.wait { $0.outbox.count <= limits.entries * 15 / 16 }
            let snapshot = place.service.replica.state.snapshot
            let losses = try #require(snapshot.noticeLosses.map { NoticeLosses(stored: $0.value) })
            #expect(snapshot.outbox.count + losses.notices == changes)
            #expect(losses.history == 0 && losses.notifications == 0)
            let left = Set(snapshot.outbox.all.compactMap { try? Notice(parsing: $0.value).id })
            place.broker.isAway = false
            await place.wait { $0.outbox.isEmpty }
            let told = Self.told(place.broker).filter { $0.hasPrefix("0b9c1f3e-4a5b-4c6d-8e7f-") }
            // Those that were under way when the broker went may have been published beside.
            #expect(left.isSubset(of: Set(told)) && told.count == Set(told).count)
            for object in 0..<50 {
                let own = told.filter { (Int($0.dropLast(3).suffix(9)) ?? 0) % 50 == object }
                #expect(own == own.sorted(), "notices of one object in their order")
            }
        }
    }

    /// What goes first: the history's events, then OpenStack's notifications, then Contrail's message.
    @Test(.timeLimit(.minutes(3)), arguments: [(800, false), (3_000, true)])
    func aBacklogOfTooManyBytesIsGivenUpPartByPart(changes: Int, losesWhole: Bool) async throws {
        let limits = BacklogBound.Limits(entries: 1_000_000, bytes: 256 << 10)
        try await withLeader(backlog: limits) { place in
            place.broker.isAway = true
            for first in stride(from: 0, to: changes, by: 100) {
                let revision = try await place.put(
                    (first..<first + 100).map { ("\(1_000_000 + $0)", Self.notice($0, object: $0).bytes) })
                await place.wait { $0.revision >= revision && $0.outbox.bytes <= limits.bytes }
            }
            await place.wait { $0.outbox.bytes <= limits.bytes * 15 / 16 }
            let snapshot = place.service.replica.state.snapshot
            let losses = try #require(snapshot.noticeLosses.map { NoticeLosses(stored: $0.value) })
            let forms = snapshot.outbox.all.map { NoticeForm(stored: $0.value) }
            #expect(losses.history > 0)
            #expect((losses.notices > 0) == losesWhole)
            // One that was under way when its turn came is left alone.
            let whole = forms.count { $0 == .whole }
            if losses.notifications > 0 { #expect(whole <= 256) }
            if losesWhole { #expect(forms.count { $0 != .bare } <= 256) }
            #expect(snapshot.outbox.count + losses.notices == changes)

            place.broker.isAway = false
            await place.wait { $0.outbox.isEmpty }
            let ids = Set(place.broker.messages.map(\.messageID))
            #expect(ids.count >= snapshot.outbox.count)
            let status = try JSONValue(parsing: try await place.status("GET", "/status").body)
            #expect(status["lost_notices"]?["history"] == .integer(losses.history))
        }
    }
}
