import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore

/// A Keystone in this process: the part of the v3 API that Skein uses, with its statuses, and faults on demand.
actor FakeKeystone {
    /// What goes wrong with every answer.
    enum Fault: Hashable, Sendable {
        case none
        case status(Int)
        case garbage
        case huge
        /// So many requests of a method below a collection are answered with 500, whether they are done or not.
        case failing(HTTPRequest.Method, String, left: Int, areDone: Bool)
        /// No answer until the fault is over.
        case silence
        /// A first byte, and then nothing until the fault is over.
        case stuckBody
    }

    struct User: Sendable {
        var id: String
        var name: String
        var domainID: String
        var password: String
        var isEnabled = true
    }

    struct Token: Sendable {
        var userID: String
        var projectID: String?
        var expiresAt: Date
        var isRevoked = false
    }

    struct Seen: Hashable, Sendable {
        var method: String
        var path: String
        var query: String
    }

    var fault = Fault.none
    /// What `GET /` offers.
    var versions: [(id: String, path: String)] = [("v3.14", "/v3/")]
    /// Where the API is.
    var prefix = "/v3"
    var tokenLife: TimeInterval = 3600
    private(set) var seen: [Seen] = []
    private(set) var users: [String: User] = [:]
    private var tokens: [String: Token] = [:]
    private var collections: [String: [String: JSONObject]] = [:]
    private var assignments: Set<[String]> = []
    private var counter = 0
    private var released: [CheckedContinuation<Void, Never>] = []

    init() {
        collections["domains"] = ["default": ["id": "default", "name": "Default"]]
        collections["projects"] = [
            "p-admin": ["id": "p-admin", "name": "admin", "domain_id": "default", "enabled": true]
        ]
        collections["roles"] = [
            "r-admin": ["id": "r-admin", "name": "admin"], "r-member": ["id": "r-member", "name": "member"],
            "r-service": ["id": "r-service", "name": "service"],
        ]
        collections["regions"] = ["RegionOne": ["id": "RegionOne", "description": ""]]
        users["u-admin"] = User(id: "u-admin", name: "admin", domainID: "default", password: "adminsecret")
        assignments.insert(["p-admin", "u-admin", "r-admin"])
    }

    func set(fault: Fault) {
        self.fault = fault
        let waiting = released
        released = []
        for continuation in waiting { continuation.resume() }
    }

    func set(versions: [(id: String, path: String)], prefix: String) {
        self.versions = versions
        self.prefix = prefix
    }

    func set(tokenLife: TimeInterval) { self.tokenLife = tokenLife }
    func forgetRequests() { seen = [] }
    func requests(_ method: String, _ path: String) -> Int { seen.count { $0.method == method && $0.path == path } }
    func revokeAllTokens() { for id in tokens.keys { tokens[id]?.isRevoked = true } }
    func revoke(_ token: String) { tokens[token]?.isRevoked = true }
    func expire(_ token: String) { tokens[token]?.expiresAt = .distantPast }

    private func silence() async {
        await withCheckedContinuation { released.append($0) }
    }

    private func newID() -> String {
        counter += 1
        let digits = String(counter, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    // MARK: - Requests

    func respond(to request: Request) async throws -> Response {
        let path = request.uri.path
        seen.append(Seen(method: request.method.rawValue, path: path, query: request.uri.query ?? ""))
        switch fault {
        case .none, .failing: break
        case .status(let code):
            return answer(.init(code: code), ["error": ["code": .integer(code), "message": "planned fault"]])
        case .garbage:
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "<html>It works!</html>")))
        case .huge:
            return Response(
                status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: UInt8(ascii: " "), count: 8 << 20)))
        case .silence: await silence()
        case .stuckBody:
            return Response(
                status: .ok,
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: "{"))
                    await self.silence()
                    try await writer.finish(nil)
                })
        }
        let buffer = try await request.body.collect(upTo: 1 << 20)
        let body = try? JSONValue(parsing: buffer.readableBytesView)
        if path.hasSuffix("/"), prefix.hasPrefix(path) {
            let values = versions.map { version -> JSONValue in
                [
                    "id": .string(version.id),
                    "links": [["rel": "self", "href": .string("http://elsewhere" + version.path)]],
                ]
            }
            return answer(.init(code: 300), ["versions": ["values": .array(values)]])
        }
        guard path == prefix || path.hasPrefix(prefix + "/") else { return failure(404) }
        let parts = path.dropFirst(prefix.count).split(separator: "/").map { String($0).removingPercentEncoding ?? "" }
        if parts.isEmpty { return answer(.ok, ["version": ["id": "v3.14"]]) }
        if parts == ["auth", "tokens"], request.method == .post { return issue(body) }
        guard let own = request.headers[.authToken].flatMap({ tokens[$0] }), isValid(own) else {
            return failure(401)
        }
        if parts == ["auth", "tokens"] { return validate(request, own) }
        guard roles(own).contains("admin") else { return failure(403) }
        let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        guard case .failing(request.method, parts[0], let left, let areDone) = fault, left > 0 else {
            return administrate(request.method, parts, query, body)
        }
        fault = .failing(request.method, parts[0], left: left - 1, areDone: areDone)
        if areDone { _ = administrate(request.method, parts, query, body) }
        return failure(500)
    }

    private func isValid(_ token: Token) -> Bool { !token.isRevoked && token.expiresAt > .now }

    private func roles(_ token: Token) -> [String] {
        (collections["roles"] ?? [:]).values.compactMap { role in
            guard let id = role["id"]?.stringValue, let project = token.projectID,
                assignments.contains([project, token.userID, id])
            else { return nil }
            return role["name"]?.stringValue
        }.sorted()
    }

    private func issue(_ body: JSONValue?) -> Response {
        let auth = body?["auth"]
        guard let wanted = auth?["identity"]?["password"]?["user"], let name = wanted["name"]?.stringValue,
            let domain = id(ofDomain: wanted["domain"])
        else { return failure(400) }
        guard let user = users.values.first(where: { $0.name == name && $0.domainID == domain }), user.isEnabled,
            user.password == wanted["password"]?.stringValue
        else { return failure(401) }
        var token = Token(userID: user.id, expiresAt: .now.addingTimeInterval(tokenLife))
        if let project = auth?["scope"]?["project"] {
            let domain = id(ofDomain: project["domain"])
            let found = collections["projects"]?.values.first {
                $0["name"] == project["name"] && $0["domain_id"]?.stringValue == domain
            }
            guard let id = found?["id"]?.stringValue else { return failure(401) }
            token.projectID = id
            guard !roles(token).isEmpty else { return failure(401) }
        }
        let text = "token-" + newID()
        tokens[text] = token
        var response = answer(.created, document(token))
        response.headers[.subjectToken] = text
        return response
    }

    private func id(ofDomain domain: JSONValue?) -> String? {
        domain?["id"]?.stringValue
            ?? collections["domains"]?.values.first { $0["name"] == domain?["name"] }?["id"]?.stringValue
    }

    private func validate(_ request: Request, _ own: Token) -> Response {
        guard let subject = request.headers[.subjectToken] else { return failure(400) }
        if request.method == .delete {
            tokens[subject]?.isRevoked = true
            return Response(status: .noContent)
        }
        guard !Set(roles(own)).isDisjoint(with: ["admin", "service"]) else { return failure(403) }
        guard let token = tokens[subject], !token.isRevoked else { return failure(404) }
        let isExpiredAllowed = request.uri.queryParameters["allow_expired"] == "1"
        guard isExpiredAllowed || isValid(token) else { return failure(404) }
        return answer(.ok, document(token))
    }

    private func document(_ token: Token) -> JSONValue {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var object: JSONObject = [
            "user": [
                "id": .string(token.userID), "name": .string(users[token.userID]?.name ?? ""),
                "domain": ["id": "default", "name": "Default"],
            ],
            "expires_at": .string(format.format(token.expiresAt)),
            "issued_at": .string(format.format(token.expiresAt.addingTimeInterval(-tokenLife))),
        ]
        if let id = token.projectID {
            object["project"] = [
                "id": .string(id), "name": collections["projects"]?[id]?["name"] ?? .null,
                "domain": ["id": "default", "name": "Default"],
            ]
            object["roles"] = .array(roles(token).map { ["name": .string($0)] })
        }
        return ["token": .object(object)]
    }

    // MARK: - Objects

    private func administrate(
        _ method: HTTPRequest.Method, _ parts: [String], _ query: [(String, String)],
        _ body: JSONValue?
    ) -> Response {
        let collection = parts[0]
        if collection == "projects", parts.count == 6 {
            let assignment = [parts[1], parts[3], parts[5]]
            if method == .put { assignments.insert(assignment) }
            return assignments.contains(assignment) ? Response(status: .noContent) : failure(404)
        }
        let kind = String(collection.dropLast())
        switch (method, parts.count) {
        case (.get, 1):
            let members = objects(collection).filter { object in
                query.allSatisfy { name, value in object[name]?.stringValue == value }
            }
            return answer(.ok, .object([collection: .array(members.map { .object($0) })]))
        case (.get, 2):
            guard let object = collections[collection]?[parts[1]] else { return failure(404) }
            return answer(.ok, .object([kind: .object(object)]))
        case (.delete, 2):
            guard collections[collection]?.removeValue(forKey: parts[1]) != nil else { return failure(404) }
            return Response(status: .noContent)
        case (.post, 1):
            guard let object = body?[kind]?.objectValue else { return failure(400) }
            return create(collection, kind, object)
        default: return failure(404)
        }
    }

    private func objects(_ collection: String) -> [JSONObject] {
        if collection == "users" {
            return users.values.map {
                [
                    "id": .string($0.id), "name": .string($0.name), "domain_id": .string($0.domainID),
                    "enabled": .bool($0.isEnabled),
                ]
            }
        }
        return Array((collections[collection] ?? [:]).values)
    }

    private func create(_ collection: String, _ kind: String, _ fields: JSONObject) -> Response {
        var object = fields
        let isNamed = ["users", "projects", "roles"].contains(collection)
        let isTaken = objects(collection).contains { other in
            isNamed
                ? other["name"] == fields["name"] && other["domain_id"] == fields["domain_id"]
                : collection == "regions" && other["id"] == fields["id"]
        }
        guard !isTaken else { return failure(409) }
        let id = fields["id"]?.stringValue ?? newID()
        object["id"] = .string(id)
        if collection == "endpoints" {
            guard let region = fields["region_id"]?.stringValue, collections["regions"]?[region] != nil else {
                return failure(400)
            }
        }
        if collection == "users" {
            users[id] = User(
                id: id, name: fields["name"]?.stringValue ?? "", domainID: fields["domain_id"]?.stringValue ?? "",
                password: fields["password"]?.stringValue ?? "")
        } else {
            collections[collection, default: [:]][id] = object
        }
        return answer(.created, .object([kind: .object(object)]))
    }

    private func failure(_ code: Int) -> Response {
        answer(.init(code: code), ["error": ["code": .integer(code), "message": .string("fake \(code)")]])
    }

    private func answer(_ status: HTTPResponse.Status, _ body: JSONValue) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body.bytes)))
    }
}

extension HTTPField.Name {
    fileprivate static let authToken = HTTPField.Name("x-auth-token") ?? .authorization
    fileprivate static let subjectToken = HTTPField.Name("x-subject-token") ?? .authorization
}
