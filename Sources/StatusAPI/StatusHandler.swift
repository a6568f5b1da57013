import Broker
import Controller
import HTTPService
import JSON
import Model
import Store

/// The status API on 8081: what this node's services, the store and the broker are doing, as this node sees them.
package struct StatusHandler: APIHandler {
    package let name = "status"
    private let node: String
    private let service: ConfigService
    private let services: @Sendable () -> [ServiceStatus]
    private let broker: @Sendable () -> JSONValue
    private let addresses: @Sendable () -> [String]
    private let history: EventHistory?

    /// - Parameters:
    ///   - services: the states of this node's services, asked for each request.
    ///   - broker: the connection to the broker, as an object; null without a broker.
    ///   - addresses: the addresses of this node's interfaces, the virtual IPs that it holds among them.
    ///   - history: the events that this node has collected; nil when it collects none.
    package init(
        node: String, service: ConfigService, broker: @escaping @Sendable () -> JSONValue,
        addresses: @escaping @Sendable () -> [String] = { [] }, history: EventHistory? = nil,
        services: @escaping @Sendable () -> [ServiceStatus]
    ) {
        self.node = node
        self.service = service
        self.broker = broker
        self.addresses = addresses
        self.history = history
        self.services = services
    }

    package func isOpen(method: String, path: String) -> Bool { path == "/" || path == "/status" }

    package func respond(to request: APIRequest) async throws -> APIAnswer {
        if request.segments.first == SetAsideNotices.path {
            return try await SetAsideNotices(service: service).respond(to: request) ?? missing(request)
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return answer(status: 405, message: "Only GET is allowed here.")
        }
        switch request.path {
        case "/", "/status": return await status()
        case "/events": return await events(request)
        default: return missing(request)
        }
    }

    private func missing(_ request: APIRequest) -> APIAnswer {
        answer(status: 404, message: "There is nothing at \(request.path).")
    }

    /// The event history, newest first: `?object=<uuid>`, `?type=virtual-network`, `?limit=`, `?cursor=` of the page before.
    private func events(_ request: APIRequest) async -> APIAnswer {
        guard request.caller?.isAdmin ?? false else {
            return answer(status: 403, message: "The event history is for administrators.")
        }
        guard let history else {
            return answer(status: 404, message: "This node keeps no event history: it has not the role collector.")
        }
        guard let limit = Int(request.query["limit"] ?? "100"), (1...1000).contains(limit) else {
            return answer(status: 400, message: "limit must be a number from 1 to 1000.")
        }
        let cursor = request.query["cursor"].map { HistoryCursor($0) }
        if case .some(.none) = cursor { return answer(status: 400, message: "cursor is not one of this API's.") }
        let page = await history.events(
            HistoryQuery(
                objectID: request.query["object"], objectType: request.query["type"], limit: limit,
                cursor: cursor ?? nil))
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.name("events")
        writer.beginArray()
        for line in page.lines { writer.raw(line) }
        writer.endArray()
        writer.name("next")
        writer.value(page.next?.description)
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    private func status() async -> APIAnswer {
        let health = await service.store.health()
        let state = service.replica.state
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.name("node")
        writer.value(node)
        writer.name("ready")
        writer.value(service.unreadiness == nil)
        writer.name("reason")
        writer.value(service.unreadiness)
        writer.name("revision")
        writer.value(Int(state.snapshot.revision.number))
        writer.name("services")
        writer.beginArray()
        for status in services() { status.write(to: &writer) }
        writer.endArray()
        Self.write(health, to: &writer)
        writer.name("broker")
        writer.value(broker())
        writer.name("addresses")
        writer.beginArray()
        for address in addresses() { writer.value(address) }
        writer.endArray()
        writer.name("leaders")
        writer.beginObject()
        for (task, entry) in state.snapshot.leaders.sorted(by: { $0.key < $1.key }) {
            writer.name(dynamic: task)
            writer.value(String(decoding: entry.value, as: UTF8.self))
        }
        writer.endObject()
        writer.name("waiting_notices")
        writer.value(state.snapshot.outbox.count)
        writer.name("waiting_bytes")
        writer.value(state.snapshot.outbox.bytes)
        SetAsideNotices.writeSummary(of: state.snapshot, to: &writer)
        Self.write(state.snapshot.quarantine, to: &writer)
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    package func answer(to failure: APIFailure) -> APIAnswer {
        answer(status: failure.status, message: failure.message)
    }

    private func answer(status: Int, message: String) -> APIAnswer {
        APIAnswer(status: status, body: JSONValue.object(["error": .string(message)]).bytes)
    }

    /// How many unreadable objects are named; there may be as many as there are objects.
    private static let namedUnreadable = 3

    private static func write(_ quarantine: Quarantine, to writer: inout JSONWriter) {
        writer.name("unreadable")
        writer.beginObject()
        writer.name("count")
        writer.value(quarantine.count)
        writer.name("first")
        writer.beginArray()
        for object in quarantine.all.prefix(namedUnreadable) {
            writer.beginObject()
            writer.name("key")
            writer.value(object.path)
            writer.name("reason")
            writer.value(object.reason)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private static func write(_ health: StoreHealth, to writer: inout JSONWriter) {
        writer.name("store")
        writer.beginObject()
        writer.name("writable")
        writer.value(health.isWritable)
        writer.name("alarms")
        writer.beginArray()
        for alarm in health.alarms { writer.value(alarm) }
        writer.endArray()
        writer.name("members")
        writer.beginArray()
        for member in health.members {
            writer.beginObject()
            writer.name("name")
            writer.value(member.name)
            writer.name("endpoint")
            writer.value(member.endpoint)
            writer.name("healthy")
            writer.value(member.isHealthy)
            writer.name("leader")
            writer.value(member.isLeader)
            writer.name("reason")
            writer.value(member.reason)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
