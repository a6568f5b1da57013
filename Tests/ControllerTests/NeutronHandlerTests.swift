import HTTPService
import JSON
import Logging
import Model
import NeutronAPI
import SQLiteStore
import Store
import Testing
import Time

@testable import Controller

/// Neutron's paths and words, over real controllers on one store.
@Suite struct NeutronHandlerTests {
    private static let member = EditContext.Caller(
        userID: "u1", userName: "ada", projectID: "11111111111111111111111111111111", projectName: "demo",
        domainID: "default", domainName: "Default", roles: ["member"], isAdmin: false)
    private static let admin = EditContext.Caller(
        userID: "u2", userName: "root", projectID: "33333333333333333333333333333333", projectName: "admin",
        domainID: "default", domainName: "Default", roles: ["admin"], isAdmin: true)

    private struct Reply {
        let status: Int
        let body: JSONValue

        var content: JSONValue { body.objectValue?.members.first?.value ?? .null }
        var id: String { content["id"]?.stringValue ?? "" }
        var message: String? { body["NeutronError"]?["message"]?.stringValue }
        var type: String? { body["NeutronError"]?["type"]?.stringValue }
    }

    private func withHandlers(
        _ count: Int, on given: SQLiteStore? = nil, _ body: ([NeutronHandler]) async throws -> Void
    ) async throws {
        let store = try given ?? SQLiteStore(path: nil)
        let schema = try ConfigServiceTests.schema.get()
        let services = (0..<count).map { _ in
            ConfigService(
                store: store, schema: schema, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: true,
                addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            for service in services { try #require(await service.replica.reached(Revision(1), within: .seconds(10))) }
            try await body(services.map { NeutronHandler(service: $0) })
            group.cancelAll()
        }
    }

    private func send(
        _ handler: NeutronHandler, _ method: String, _ path: String, _ body: JSONValue? = nil, raw: String? = nil,
        as caller: EditContext.Caller = member, headers: [String: String] = [:], requestID: String? = nil
    ) async throws -> Reply {
        let parts = path.split(separator: "?", maxSplits: 1)
        let request = APIRequest(
            method: method, path: String(parts[0]),
            query: QueryItems(parsing: parts.count > 1 ? parts[1] : ""),
            body: raw.map { Array($0.utf8) } ?? body?.bytes ?? [], caller: caller, requestID: requestID,
            traceID: "req-1", origin: "http://neutron:9696", header: { headers[$0] })
        let answer = try await handler.respond(to: request)
        return Reply(status: answer.status, body: answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body))
    }

    @Test func anObjectThatCannotBeReadStopsNothing() async throws {
        let store = try SQLiteStore(path: nil)
        func damage(_ network: String, _ text: String) async throws -> String {
            let key = "/objects/virtual-network/\(network)"
            let before = try await store.list(prefix: key).entries.first?.value ?? []
            _ = try await store.commit(Transaction(changes: [.put(key, Array(text.utf8), lease: nil)]))
            return String(decoding: before, as: UTF8.self)
        }
        try await withHandlers(2, on: store) { handlers in
            let network = try await send(handlers[0], "POST", "/v2.0/networks", ["network": ["name": "a"]]).id
            let other = try await send(handlers[0], "POST", "/v2.0/networks", ["network": ["name": "b"]]).id
            let sound = try await damage(network, "{")
            for handler in handlers {
                // All others are served, listed and changed; nobody is told that this one does not exist.
                #expect(try await send(handler, "GET", "/v2.0/networks/\(other)").status == 200)
                let listed = try await send(handler, "GET", "/v2.0/networks").content.arrayValue
                #expect(listed?.compactMap { $0["id"]?.stringValue } == [other])
                #expect(
                    try await send(handler, "PUT", "/v2.0/networks/\(other)", ["network": ["description": "x"]]).status
                        == 200)
                await #expect(throws: ServiceError.self) {
                    try await send(handler, "GET", "/v2.0/networks/\(network)")
                }
                let port: JSONValue = ["port": ["network_id": .string(network)]]
                for (method, path, body) in [
                    ("POST", "/v2.0/ports", port), ("DELETE", "/v2.0/networks/\(network)", nil),
                    ("PUT", "/v2.0/networks/\(network)", ["network": ["name": "c"]]),
                ] as [(String, String, JSONValue?)] {
                    let reply = try await send(handler, method, path, body)
                    #expect(reply.status == 409)
                    #expect(reply.message?.contains("skein unreadable") == true)
                }
                // What is not there at all is not there.
                let nobody = "00000000-0000-4000-8000-000000000001"
                #expect(try await send(handler, "GET", "/v2.0/networks/\(nobody)").status == 404)
            }
            _ = try await damage(network, sound)
            for handler in handlers {
                #expect(try await send(handler, "GET", "/v2.0/networks/\(network)").content["name"] == "a")
            }
        }
        // The same from a listing: a controller that starts while it is damaged.
        let network = try #require(
            try await store.list(prefix: "/objects/virtual-network/").entries.first {
                String(decoding: $0.value, as: UTF8.self).contains("\"a\"")
            }?.key.split(separator: "/").last.map(String.init))
        _ = try await damage(network, "[]")
        try await withHandlers(1, on: store) { handlers in
            let listed = try await send(handlers[0], "GET", "/v2.0/networks").content.arrayValue
            #expect(listed?.count == 1)
            await #expect(throws: ServiceError.self) {
                try await send(handlers[0], "GET", "/v2.0/networks/\(network)")
            }
        }
    }

    @Test func clientsFindTheirWay() async throws {
        try await withHandlers(1) { handlers in
            let handler = handlers[0]
            #expect(handler.isOpen(method: "GET", path: "/"))
            #expect(!handler.isOpen(method: "GET", path: "/v2.0/"))
            let versions = try await send(handler, "GET", "/")
            #expect(versions.content.arrayValue?.first?["id"] == "v2.0")
            #expect(
                versions.content.arrayValue?.first?["links"]
                    == [["rel": "self", "href": "http://neutron:9696/v2.0/"]])
            let resources = try await send(handler, "GET", "/v2.0/")
            #expect(resources.content.arrayValue?.first?["name"] == "network")
            let extensions = try await send(handler, "GET", "/v2.0/extensions")
            #expect(extensions.content.arrayValue?.contains { $0["alias"] == "security-group" } == true)
            #expect(try await send(handler, "GET", "/v2.0/extensions/quotas").content["alias"] == "quotas")
            #expect(try await send(handler, "GET", "/v2.0/extensions/router").status == 404)
        }
    }

    @Test(
        arguments: [
            ("GET", "/v3/networks", 404), ("GET", "/v2.0/routers", 404), ("GET", "/v2.0/networks/x/y", 404),
            ("PUT", "/v2.0/networks", 405), ("POST", "/v2.0/networks/x", 405), ("PATCH", "/v2.0/networks", 405),
            ("POST", "/v2.0/quotas", 405), ("DELETE", "/v2.0/networks", 405), ("GET", "/v2.0/networks/x", 404),
            ("GET", "/v2.0/networks.json", 200), ("GET", "/v2.0/networks/", 200), ("GET", "/v2.0/security-groups", 200),
            ("GET", "/v2.0/security_groups", 404), ("POST", "/", 405),
        ] as [(String, String, Int)])
    func pathsAndMethods(method: String, path: String, status: Int) async throws {
        try await withHandlers(1) { handlers in
            let answer = try await send(handlers[0], method, path)
            #expect(answer.status == status)
        }
    }

    @Test(arguments: ["", "{", "[]", "5", "null", "{\"network\": {}} x", "{\"network\": {\"name\": \"\u{1}\"}}"])
    func bodiesThatAreNone(raw: String) async throws {
        try await withHandlers(1) { handlers in
            let refused = try await send(handlers[0], "POST", "/v2.0/networks", raw: raw)
            #expect(refused.status == 400)
            #expect(refused.type == "HTTPBadRequest")
            #expect(
                refused.message
                    == (raw.isEmpty ? "Unable to find 'network' in request body" : "Body contains invalid data"))
        }
    }

    @Test func whatOneControllerMadeTheOtherShows() async throws {
        try await withHandlers(2) { handlers in
            let network = try await send(handlers[0], "POST", "/v2.0/networks", ["network": ["name": "n"]])
            #expect(network.status == 201)
            let shown = try await send(handlers[1], "GET", "/v2.0/networks/\(network.id)")
            #expect(shown.body == network.body)
            let subnet = try await send(
                handlers[1], "POST", "/v2.0/subnets",
                ["subnet": ["network_id": .string(network.id), "ip_version": 4, "cidr": "10.0.0.0/24"]])
            let port = try await send(
                handlers[0], "POST", "/v2.0/ports.json", ["port": ["network_id": .string(network.id)]])
            #expect(
                port.content["fixed_ips"] == [["subnet_id": .string(subnet.id), "ip_address": "10.0.0.2"]])
            let busy = try await send(handlers[1], "DELETE", "/v2.0/networks/\(network.id)")
            #expect(busy.type == "NetworkInUse")
            #expect(try await send(handlers[1], "DELETE", "/v2.0/ports/\(port.id)").status == 204)
            #expect(try await send(handlers[0], "DELETE", "/v2.0/networks/\(network.id)").status == 204)
        }
    }

    /// Ports made at once through two controllers have addresses of their own, and no request fails.
    @Test func noAddressIsGivenTwice() async throws {
        try await withHandlers(2) { handlers in
            let network = try await send(handlers[0], "POST", "/v2.0/networks", ["network": ["name": "n"]])
            _ = try await send(
                handlers[0], "POST", "/v2.0/subnets",
                ["subnet": ["network_id": .string(network.id), "ip_version": 4, "cidr": "10.0.0.0/24"]])
            let body: JSONValue = ["port": ["network_id": .string(network.id)]]
            let replies = try await withThrowingTaskGroup(of: Reply.self) { group in
                for number in 0..<60 {
                    group.addTask { try await send(handlers[number % 2], "POST", "/v2.0/ports", body) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.status == 201 })
            let addresses = replies.compactMap {
                $0.content["fixed_ips"]?.arrayValue?.first?["ip_address"]?.stringValue
            }
            #expect(addresses.count == 60)
            #expect(Set(addresses).count == 60)
            #expect(Set(replies.compactMap { $0.content["mac_address"]?.stringValue }).count == 60)
            let list = try await send(handlers[1], "GET", "/v2.0/ports?network_id=\(network.id)&fields=id")
            #expect(list.content.arrayValue?.count == 60)
        }
    }

    @Test func aRequestSentAgainMakesNothingTwice() async throws {
        try await withHandlers(2) { handlers in
            let body: JSONValue = ["network": ["name": "once"]]
            let first = try await send(handlers[0], "POST", "/v2.0/networks", body, requestID: "proxy-1")
            let again = try await send(handlers[1], "POST", "/v2.0/networks", body, requestID: "proxy-1")
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(try await send(handlers[1], "GET", "/v2.0/networks").content.arrayValue?.count == 1)
        }
    }

    @Test func aFirstLookShowsTheDefaultGroup() async throws {
        try await withHandlers(1) { handlers in
            let groups = try await send(handlers[0], "GET", "/v2.0/security-groups?name=default")
            #expect(groups.content.arrayValue?.count == 1)
            let rules = try await send(handlers[0], "GET", "/v2.0/security-group-rules")
            #expect(rules.content.arrayValue?.count == 4)
        }
    }

    @Test func revisionsGuardChanges() async throws {
        try await withHandlers(1) { handlers in
            let network = try await send(handlers[0], "POST", "/v2.0/networks", ["network": ["name": "n"]])
            let path = "/v2.0/networks/\(network.id)"
            let body: JSONValue = ["network": ["name": "m"]]
            let stale = try await send(
                handlers[0], "PUT", path, body, headers: ["If-Match": "\"revision_number=99\""])
            #expect(stale.status == 412)
            let bad = try await send(handlers[0], "PUT", path, body, headers: ["If-Match": "revision_number=x"])
            #expect(bad.status == 400)
            let good = try await send(handlers[0], "PUT", path, body, headers: ["If-Match": "revision_number=1"])
            #expect(good.content["name"] == "m")
            #expect(try await send(handlers[0], "DELETE", path, body).status == 400)
        }
    }

    @Test func quotas() async throws {
        try await withHandlers(1) { handlers in
            let project = Self.member.projectID
            #expect(try await send(handlers[0], "GET", "/v2.0/quotas/\(project)").content["port"] == 500)
            let set = try await send(
                handlers[0], "PUT", "/v2.0/quotas/\(project)", ["quota": ["network": 0]], as: Self.admin)
            #expect(set.content["network"] == 0)
            let refused = try await send(handlers[0], "POST", "/v2.0/networks", ["network": [:]])
            #expect(refused.status == 409)
            #expect(refused.message == "Quota exceeded for resources: ['network'].")
            #expect(
                try await send(handlers[0], "GET", "/v2.0/quotas/\(project)/details").content["network"]?["limit"] == 0)
            #expect(
                try await send(handlers[0], "GET", "/v2.0/quotas/\(project)/default").content["network"] == 100)
            #expect(
                try await send(handlers[0], "GET", "/v2.0/quotas/tenant").content["tenant_id"] == .string(project))
            #expect(
                try await send(handlers[0], "DELETE", "/v2.0/quotas/\(project)", as: Self.admin).status == 204)
            #expect(try await send(handlers[0], "GET", "/v2.0/quotas", as: Self.admin).content == [])
        }
    }

    @Test(
        arguments: [
            (APIFailure.unauthorized, 401), (.unavailable("no majority"), 503), (.bodyTooLarge(limit: 10), 413),
            (.internalError(traceID: "req-1"), 500),
        ] as [(APIFailure, Int)])
    func failuresInNeutronsFormat(failure: APIFailure, status: Int) async throws {
        try await withHandlers(1) { handlers in
            let answer = handlers[0].answer(to: failure)
            #expect(answer.status == status)
            let body = try JSONValue(parsing: answer.body)
            if status == 401 {
                #expect(body["error"]?["code"] == 401)
            } else {
                #expect(body["NeutronError"]?["message"]?.stringValue?.isEmpty == false)
            }
        }
    }
}
