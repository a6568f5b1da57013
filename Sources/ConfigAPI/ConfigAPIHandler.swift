import Controller
import HTTPService
import JSON
import Model

/// Contrail's config API: finds the operation that a request asks for, and sends it to the model.
package struct ConfigAPIHandler: APIHandler {
    package let name = "config"
    private let service: ConfigService
    private let schema: Schema
    private let keystoneURL: String?
    private let largestPage: Int

    /// - Parameters:
    ///   - schema: the same that the service's snapshots have.
    ///   - keystoneURL: where clients without a valid token are sent, for `WWW-Authenticate`.
    ///   - largestPage: the most objects that a page of a list holds.
    package init(
        service: ConfigService, schema: Schema, keystoneURL: String? = nil, largestPage: Int = LargestPage.standard
    ) {
        self.service = service
        self.schema = schema
        self.keystoneURL = keystoneURL
        self.largestPage = largestPage
    }

    /// The discovery document and the documentation need no token.
    package func isOpen(method: String, path: String) -> Bool {
        path == "/" || path == "/documentation" || path.hasPrefix("/documentation/")
    }

    package func respond(to request: APIRequest) async throws -> APIAnswer {
        do {
            return try await answer(to: request)
        } catch let fault as ConfigFault {
            guard fault.status == 404 || fault.status == 400, let unreadable = service.unreadable(request.named) else {
                return fault.answer
            }
            if request.isRead { throw ServiceError(reason: unreadable.explanation) }
            return ConfigFault(ModelError(.unreadable, unreadable.explanation)).answer
        } catch let error as ModelError where error.code != .corrupt {
            return ConfigFault(error).answer
        }
    }

    package func refuse(_ request: APIRequest, for overload: Overload) async throws -> APIAnswer {
        try await service.refuse(requestID: request.requestID, for: overload, deadline: request.deadline)
    }

    /// `ip-alloc` says by a number how many it makes.
    package func objectCount(of request: APIRequest) -> Int {
        guard request.segments.last == "ip-alloc", let body = try? JSONValue(parsing: request.body) else {
            return request.braceCount
        }
        return min(max(body["count"]?.integerValue ?? 1, 0), APIResponder.bodyLimit)
    }

    package func answer(to failure: APIFailure) -> APIAnswer {
        guard failure == .unauthorized else { return ConfigFault(failure.status, failure.message).answer }
        let body: JSONValue = [
            "error": ["message": .string(failure.message), "code": 401, "title": "Unauthorized"]
        ]
        let challenge = keystoneURL.map { ["WWW-Authenticate": "Keystone uri=\"\($0)\""] } ?? [:]
        return APIAnswer(status: 401, body: body.bytes, headers: challenge)
    }

    private func answer(to request: APIRequest) async throws -> APIAnswer {
        let methods = ConfigRoute.methods(of: request.segments, schema: schema)
        guard !methods.isEmpty else { throw ConfigFault(404, "Not found: '\(request.path)'") }
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let route = methods[method] else {
            var answer = ConfigFault(405, "Method not allowed.").answer
            answer.headers["Allow"] = methods.keys.sorted().joined(separator: ",")
            return answer
        }
        if case .discovery = route { return DiscoveryDocument.answer(schema: schema, origin: request.origin) }
        guard let caller = request.caller else { throw APIFailure.unauthorized }
        // Mode cloud-admin: whoever is no administrator sees nothing.
        guard caller.isAdmin else { throw ConfigFault(403, "403 Permission Denied") }
        switch try operation(route, request) {
        case .answer(let answer): return answer
        case .read(let read):
            let state = try await service.state(deadline: request.deadline)
            return try read.answer(
                from: state.snapshot, caller: caller, origin: request.origin, largestPage: largestPage)
        case .write(let write):
            let origin = request.origin
            return try await service.write(
                requestID: request.requestID, traceID: traceID(of: request), caller: caller,
                deadline: request.deadline
            ) { _, edit in
                try write.decide(on: &edit, origin: origin)
            }
        }
    }

    private enum Operation {
        case answer(APIAnswer)
        case read(ConfigRead)
        case write(ConfigWrite)
    }

    private func operation(_ route: ConfigRoute, _ request: APIRequest) throws(ConfigFault) -> Operation {
        let query = request.query.items.map { (name: $0.name, value: $0.value) }
        switch route {
        case .list(let type): return .read(.list(type: type, try ConfigListQuery(items: query)))
        case .read(let type, let id):
            return .read(.object(type: type, id: id, query: query, ifNoneMatch: request.header("If-None-Match")))
        case .delete(let type, let id): return .write(.delete(type: type, id: id))
        case .propertyCollectionGet: return .read(.propertyCollection(query: query))
        case .permissions: return .read(.permissions(query: query))
        case .mode: return .answer(Self.mode)
        case .notOffered(let action):
            throw ConfigFault(501, "Skein does not offer \(action)")
        case .discovery: return .answer(DiscoveryDocument.answer(schema: schema, origin: request.origin))
        case .create, .update, .bulkList, .idOfName, .nameOfID, .setMode, .updateReference, .relaxReference,
            .updatePropertyCollection, .userAgentValue, .allocateAddresses, .freeAddresses, .countAddresses,
            .changeOwner, .changeAccess, .setTags:
            return try operation(route, body: try body(of: request, isRequired: route.needsBody))
        }
    }

    private func operation(_ route: ConfigRoute, body: JSONValue) throws(ConfigFault) -> Operation {
        switch route {
        case .create(let type): return .write(.create(type: type, body: body))
        case .update(let type, let id): return .write(.update(type: type, id: id, body: body))
        case .bulkList: return .read(.bulkList(body: body))
        case .idOfName: return .read(.idOfName(body: body))
        case .nameOfID: return .read(.nameOfID(body: body))
        case .updateReference: return .write(.updateReference(body: body))
        case .relaxReference: return .write(.relaxReference(body: body))
        case .updatePropertyCollection: return .write(.updatePropertyCollection(body: body))
        case .userAgentValue:
            return UserAgentValues.isRetrieval(body)
                ? .read(.userAgentValue(body: body)) : .write(.changeUserAgentValue(body: body))
        case .allocateAddresses(let network): return .write(.allocateAddresses(network: network, body: body))
        case .freeAddresses(let network): return .write(.freeAddresses(network: network, body: body))
        case .countAddresses(let network): return .read(.subnetAddressCount(network: network, body: body))
        case .changeOwner: return .write(.changeOwner(body: body))
        case .changeAccess: return .write(.changeAccess(body: body))
        case .setTags: return .write(.setTags(body: body))
        case .setMode:
            guard body["aaa-mode"] == Self.modeName else {
                throw ConfigFault(400, "Invalid aaa-mode: only cloud-admin is offered")
            }
            return .answer(Self.mode)
        case .discovery, .list, .read, .delete, .propertyCollectionGet, .permissions, .mode, .notOffered:
            throw ConfigFault(404, "Not found")
        }
    }

    private static let modeName: JSONValue = "cloud-admin"
    private static let mode = APIAnswer(status: 200, body: JSONValue.object(["aaa-mode": modeName]).bytes)

    /// - Throws: 400 for a body that is not JSON, or none where one is needed.
    private func body(of request: APIRequest, isRequired: Bool) throws(ConfigFault) -> JSONValue {
        guard !request.body.isEmpty else {
            guard isRequired else { return .null }
            throw ConfigFault(400, "Bad Request, no JSON body")
        }
        do {
            return try JSONValue(parsing: request.body, maximumDepth: JSONDepth.request)
        } catch {
            throw ConfigFault(400, "Bad Request, \(error)")
        }
    }

    /// The client's own id for the request goes into its notices.
    private func traceID(of request: APIRequest) -> String {
        guard let given = request.header("X-Request-Id"), (1...80).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
        else { return request.traceID }
        return given.hasPrefix("req-") ? given : "req-\(given)"
    }
}
