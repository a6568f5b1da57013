import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import ServiceLifecycle

/// A Keystone that gives everybody a token with a catalogue, and a Neutron that keeps objects, both on one port.
actor FakeCloud {
    struct Kept: Sendable {
        var collection: String
        var object: JSONObject
    }

    /// By id.
    private(set) var objects: [String: Kept] = [:]
    /// How many objects were created through the API.
    private(set) var created = 0
    private var refusesDeletion = false
    /// The catalogue's endpoints of type network by interface; nil stands for the cloud's own URL.
    private var endpoints: [String: String?] = ["internal": nil, "public": nil]

    func set(refusesDeletion: Bool) { self.refusesDeletion = refusesDeletion }
    func set(endpoints: [String: String?]) { self.endpoints = endpoints }

    func add(_ collection: String, _ id: String, name: String, description: String) {
        objects[id] = Kept(
            collection: collection,
            object: ["id": .string(id), "name": .string(name), "description": .string(description)])
    }

    private struct Responder: HTTPResponder {
        let cloud: FakeCloud

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            let body = try await request.body.collect(upTo: 1 << 20)
            return await cloud.respond(to: request, body: try? JSONValue(parsing: body.readableBytesView))
        }
    }

    /// Serves on a loopback port of the kernel's choice as long as the body, which gets the port.
    nonisolated func serving<Result: Sendable>(
        _ body: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        var logger = Logger(label: "fake-cloud")
        logger.logLevel = .critical
        let (running, started) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: Responder(cloud: self), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { started.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { started.finish() }
                try await group.run()
            }
            defer { tasks.cancelAll() }
            var ports = running.makeAsyncIterator()
            guard let port = await ports.next() else { throw CancellationError() }
            return try await body(port)
        }
    }

    private func respond(to request: Request, body: JSONValue?) -> Response {
        let parts = request.uri.path.split(separator: "/").map(String.init)
        if request.method == .get, parts == ["v3"] { return answer(.ok, ["version": ["id": "v3.14"]]) }
        if request.method == .post, parts == ["v3", "auth", "tokens"] {
            var response = answer(.created, ["token": token(own: request.head.authority ?? "")])
            if let name = HTTPField.Name("x-subject-token") { response.headers[name] = "a token" }
            return response
        }
        guard parts.first == "v2.0", parts.count > 1 else { return answer(.notFound, [:]) }
        return neutron(request, parts[1], parts.count > 2 ? parts[2] : nil, body)
    }

    private func neutron(_ request: Request, _ collection: String, _ id: String?, _ body: JSONValue?) -> Response {
        let kind = String(collection.dropLast())
        switch (request.method, id) {
        case (.post, nil):
            created += 1
            let id = "\(kind)-\(created)"
            var object = body?[kind]?.objectValue ?? [:]
            object["id"] = .string(id)
            objects[id] = Kept(collection: collection, object: object)
            return answer(.created, .object([kind: .object(object)]))
        case (.get, nil):
            let name = request.uri.queryParameters["name"].map(String.init)
            let found = objects.values.filter {
                $0.collection == collection && (name == nil || $0.object["name"]?.stringValue == name)
            }
            return answer(.ok, .object([collection: .array(found.map { .object($0.object) })]))
        case (.get, let id?):
            guard let kept = objects[id] else { return answer(.notFound, [:]) }
            return answer(.ok, .object([kind: .object(kept.object)]))
        case (.delete, let id?):
            guard !refusesDeletion else { return answer(.conflict, ["NeutronError": ["type": "NetworkInUse"]]) }
            return answer(objects.removeValue(forKey: id) == nil ? .notFound : .noContent, [:])
        default: return answer(.notFound, [:])
        }
    }

    private func token(own authority: String) -> JSONValue {
        let catalogue = endpoints.map { interface, url -> JSONValue in
            ["interface": .string(interface), "region_id": "RegionOne", "url": .string(url ?? "http://\(authority)")]
        }
        return [
            "user": ["id": "u", "name": "admin"], "expires_at": "2099-01-01T00:00:00.000000Z",
            "catalog": [["type": "network", "endpoints": .array(catalogue)]],
        ]
    }

    private func answer(_ status: HTTPResponse.Status, _ body: JSONValue) -> Response {
        Response(status: status, body: .init(byteBuffer: ByteBuffer(bytes: body.bytes)))
    }
}
