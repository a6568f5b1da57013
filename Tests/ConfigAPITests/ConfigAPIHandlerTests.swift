import ConfigAPI
import HTTPService
import JSON
import Model
import Testing

@Suite struct ConfigAPIHandlerTests {
    private static let administrator = EditContext.Caller(
        userID: "u", userName: "admin", projectID: "p", projectName: "admin", domainID: "default",
        domainName: "Default", roles: ["admin"], isAdmin: true)
    private static let member: EditContext.Caller = {
        var caller = administrator
        caller.roles = ["member"]
        caller.isAdmin = false
        return caller
    }()

    private func ask(
        _ api: RunningConfigAPI, _ method: String, _ path: String, _ body: String = "",
        caller: EditContext.Caller? = administrator, requestID: String? = nil
    ) async throws -> (status: Int, text: String, answer: APIAnswer) {
        let parts = path.split(separator: "?", maxSplits: 1)
        let answer = try await api.handler.respond(
            to: APIRequest(
                method: method, path: String(parts.first ?? ""),
                query: QueryItems(parsing: parts.count > 1 ? parts[1] : ""), body: Array(body.utf8), caller: caller,
                requestID: requestID, origin: "http://here:1"))
        return (answer.status, String(decoding: answer.body, as: UTF8.self), answer)
    }

    @Test func `Every kind of request finds its way`() async throws {
        try await RunningConfigAPI.run { api in
            for (method, path, body, status, text) in [
                ("GET", "/", "", 200, "\"links\""), ("GET", "/virtual-networks", "", 200, "ip-fabric"),
                ("GET", "/virtual-networks?count=True", "", 200, "{\"count\":4}"),
                ("HEAD", "/virtual-networks", "", 200, ""),
                ("GET", "/virtual-networks?filters=x", "", 400, "Invalid filter"),
                ("POST", "/fqname-to-id", #"{"type":"domain","fq_name":["default-domain"]}"#, 200, "uuid"),
                ("POST", "/fqname-to-id", "{", 400, "Bad Request"), ("POST", "/fqname-to-id", "", 400, "no JSON body"),
                ("POST", "/fqname-to-id", "[]", 400, "Bad Request"), ("POST", "/virtual-networks", "[1]", 400, "Bad"),
                ("POST", "/virtual-networks", #"{"virtual-network":{"a":1,"a":2}}"#, 400, "twice"),
                ("POST", "/virtual-networks", "\u{0}", 400, "Bad Request"),
                ("GET", "/nope", "", 404, "Not found: '/nope'"), ("GET", "/virtual-networks/", "", 404, "Not found"),
                ("GET", "/virtual-network/x", "", 404, "Unknown id: x"), ("DELETE", "/virtual-networks", "", 405, ""),
                ("GET", "/virtual-network/x/ip-alloc", "", 405, "Method not allowed."),
                ("POST", "/virtual-network/x/ip-alloc", "{}", 404, "Virtual Network x not found!"),
                ("POST", "/virtual-network/x/nope", "{}", 404, "Not found"),
                ("POST", "/list-bulk-collection", #"{"type":"domain"}"#, 200, "default-domain"),
                ("POST", "/useragent-kv", #"{"operation":"RETRIEVE","key":null}"#, 200, "[]"),
                ("POST", "/useragent-kv", #"{"operation":"STORE","key":"k","value":1}"#, 200, ""),
                ("GET", "/aaa-mode", "", 200, "cloud-admin"), ("PUT", "/aaa-mode", #"{"aaa-mode":"rbac"}"#, 400, ""),
                ("PUT", "/aaa-mode", #"{"aaa-mode":"cloud-admin"}"#, 200, ""),
                ("GET", "/obj-perms", "", 200, "token_info"),
                ("POST", "/execute-job", "{}", 501, "does not offer"), ("POST", "/db-check", "", 501, ""),
                ("PUT", "/virtual-network/x", "", 404, "Unknown id: x"), ("POST", "/chmod", "{}", 400, "uuid"),
            ] {
                let answer = try await ask(api, method, path, body)
                #expect(answer.status == status && answer.text.contains(text), "\(method) \(path): \(answer)")
            }
            let wrong = try await ask(api, "PATCH", "/virtual-network/x")
            #expect(wrong.answer.headers["Allow"] == "DELETE,GET,PUT")
        }
    }

    @Test func `Only administrators pass, and the discovery document is open`() async throws {
        try await RunningConfigAPI.run { api in
            let refused = try await ask(api, "GET", "/virtual-networks", caller: Self.member)
            #expect(refused.status == 403 && refused.text == "403 Permission Denied")
            #expect(try await ask(api, "GET", "/", caller: nil).status == 200)
            await #expect(throws: APIFailure.unauthorized) {
                try await ask(api, "GET", "/virtual-networks", caller: nil)
            }
            #expect(
                api.handler.isOpen(method: "GET", path: "/") && !api.handler.isOpen(method: "GET", path: "/domains"))
            let challenge = api.handler.answer(to: .unauthorized)
            #expect(challenge.headers["WWW-Authenticate"] == "Keystone uri=\"http://keystone:5000/v3\"")
            let body = try JSONValue(parsing: challenge.body)
            #expect(body["error"]?["code"] == 401 && body["error"]?["title"] == "Unauthorized")
            let busy = api.handler.answer(to: .unavailable("no majority"))
            #expect(busy.status == 503 && busy.body == Array("no majority".utf8))
        }
    }

    @Test func `A request that is sent again makes nothing twice and gets the same answer`() async throws {
        try await RunningConfigAPI.run { api in
            let body = #"{"virtual-network":{"fq_name":["default-domain","default-project","n"]}}"#
            let first = try await ask(api, "POST", "/virtual-networks", body, requestID: "again")
            let second = try await ask(api, "POST", "/virtual-networks", body, requestID: "again")
            #expect(first.status == 200 && second.text == first.text)
            let third = try await ask(api, "POST", "/virtual-networks", body, requestID: "other")
            #expect(third.status == 409 && third.text.contains("already exists with uuid: "))
        }
    }

    /// What takes long to decide goes with the large bodies, however few bytes say it.
    @Test func `A request counts by the objects that it asks for`() async throws {
        try await RunningConfigAPI.run { api in
            func weight(_ path: String, _ body: String) -> Int {
                APIResponder.weight(
                    of: APIRequest(method: "POST", path: path, body: Array(body.utf8)), for: api.handler)
            }
            let bulk = { (count: Int) in
                #"{"networks":["# + Array(repeating: "{}", count: count).joined(separator: ",") + "]}"
            }
            #expect(weight("/v2.0/networks", bulk(20)) < RequestGate.largeBody)
            #expect(weight("/v2.0/networks", bulk(100)) >= RequestGate.largeBody)
            #expect(weight("/virtual-network/x/ip-alloc", #"{"count":20}"#) < RequestGate.largeBody)
            #expect(weight("/virtual-network/x/ip-alloc", #"{"count":500}"#) >= RequestGate.largeBody)
            #expect(weight("/virtual-network/x/ip-alloc", #"{"count":1e300"#) < RequestGate.largeBody)
            #expect(weight("/useragent-kv", String(repeating: "x", count: 100_000)) == 100_000)
        }
    }

    @Test func `Many clients at once get different addresses`() async throws {
        try await RunningConfigAPI.run { api in
            let network = """
                {"virtual-network":{"fq_name":["default-domain","default-project","n"],"network_ipam_refs":[{"to":\
                ["default-domain","default-project","default-network-ipam"],"attr":{"ipam_subnets":[{"subnet":\
                {"ip_prefix":"10.0.0.0","ip_prefix_len":24}}]}}]}}
                """
            let made = try JSONValue(parsing: try await ask(api, "POST", "/virtual-networks", network).text)
            let id = try #require(made["virtual-network"]?["uuid"]?.stringValue)
            let addresses = try await withThrowingTaskGroup(of: String?.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        let body =
                            #"{"instance-ip":{"fq_name":["ip\#(index)"],"virtual_network_refs":[{"uuid":"\#(id)"}]}}"#
                        let made = try await ask(api, "POST", "/instance-ips", body)
                        let uuid = try JSONValue(parsing: made.text)["instance-ip"]?["uuid"]?.stringValue ?? ""
                        let read = try await ask(api, "GET", "/instance-ip/\(uuid)")
                        return try JSONValue(parsing: read.text)["instance-ip"]?["instance_ip_address"]?.stringValue
                    }
                }
                return try await group.reduce(into: Set<String>()) { if let address = $1 { $0.insert(address) } }
            }
            #expect(addresses.count == 64)
        }
    }
}
