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

    /// - Parameters:
    ///   - services: the states of this node's services, asked for each request.
    ///   - broker: the connection to the broker, as an object; null without a broker.
    package init(
        node: String, service: ConfigService, broker: @escaping @Sendable () -> JSONValue,
        services: @escaping @Sendable () -> [ServiceStatus]
    ) {
        self.node = node
        self.service = service
        self.broker = broker
        self.services = services
    }

    package func isOpen(method: String, path: String) -> Bool { path == "/" || path == "/status" }

    package func respond(to request: APIRequest) async throws -> APIAnswer {
        guard request.path == "/" || request.path == "/status" else {
            return answer(status: 404, message: "There is nothing at \(request.path).")
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return answer(status: 405, message: "Only GET is allowed here.")
        }
        let health = await service.store.health()
        let state = service.replica.state
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.name("node")
        writer.value(node)
        writer.name("ready")
        writer.value(service.unreadiness == nil)
        writer.name("revision")
        writer.value(Int(state.snapshot.revision.number))
        writer.name("services")
        writer.beginArray()
        for status in services() { status.write(to: &writer) }
        writer.endArray()
        Self.write(health, to: &writer)
        writer.name("broker")
        writer.value(broker())
        writer.name("leaders")
        writer.beginObject()
        for (task, entry) in state.snapshot.leaders.sorted(by: { $0.key < $1.key }) {
            writer.name(dynamic: task)
            writer.value(String(decoding: entry.value, as: UTF8.self))
        }
        writer.endObject()
        writer.name("waiting_notices")
        writer.value(state.snapshot.outbox.count)
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    package func answer(to failure: APIFailure) -> APIAnswer {
        answer(status: failure.status, message: failure.message)
    }

    private func answer(status: Int, message: String) -> APIAnswer {
        APIAnswer(status: status, body: JSONValue.object(["error": .string(message)]).bytes)
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
