import Broker
import ConfigAPI
import HTTPService
import HashTreeCollections
import JSON
import Logging
import Model
import NeutronAPI
import SQLiteStore
import Store
import Testing
import Time

@testable import Controller

/// Whatever a request says, everything that comes of it can be read again: objects, records, notices and their messages.
@Suite struct ReadabilityTests {
    private static let admin = EditContext.Caller(
        userID: "u2", userName: "root", projectID: "33333333333333333333333333333333", projectName: "admin",
        domainID: "default", domainName: "Default", roles: ["admin"], isAdmin: true)

    private struct Place {
        let store: any ConfigStore
        let neutron: NeutronHandler
        let config: ConfigAPIHandler
        var requests = 0

        mutating func send(
            _ method: String, _ path: String, _ body: String, to handler: (Place) -> any APIHandler
        ) async throws -> (status: Int, body: JSONValue) {
            requests += 1
            let answer = try await handler(self).respond(
                to: APIRequest(
                    method: method, path: path, body: Array(body.utf8), caller: admin, requestID: "r\(requests)",
                    traceID: "req-1"))
            return (answer.status, (try? JSONValue(parsing: answer.body, maximumDepth: 200)) ?? .null)
        }

        /// What cannot be read, by key.
        func unreadable() async throws -> [String] {
            try await store.list(prefix: StoreKey.root).entries.filter { entry in
                switch StoreKey(path: entry.key) {
                case .object(let type, let id):
                    (try? ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)) == nil
                case .request: RequestRecord(stored: entry.value) == nil
                case .userAgentValue: (try? JSONValue(parsing: entry.value)) == nil
                case .outbox: !Self.isReadable(notice: entry.value)
                default: false
                }
            }.map(\.key)
        }

        private static func isReadable(notice bytes: [UInt8]) -> Bool {
            guard let notice = try? Notice(parsing: bytes) else { return false }
            let forms = NoticeForm.allCases.compactMap { notice.reduced(to: $0) }
            guard forms.allSatisfy({ (try? Notice(parsing: $0.bytes)) == $0 }) else { return false }
            return notice.messages(host: "c1").allSatisfy { message in
                guard let json = try? JSONValue(parsing: message.body) else { return false }
                return json["oslo.message"]?.stringValue.map { (try? JSONValue(parsing: $0)) != nil } ?? true
            } && Notice.historyMessages(of: [notice]).allSatisfy { HistoryEvent(parsing: $0.body.dropLast()) != nil }
        }
    }

    private func withPlace(_ body: (inout Place) async throws -> Void) async throws {
        let store = try SQLiteStore(path: nil)
        let schema = try ConfigServiceTests.schema.get()
        let service = ConfigService(
            store: store, schema: schema, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(microseconds: 1_800_000_000_000_000) }, recordsNotices: true,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            try #require(await service.replica.reached(Revision(1), within: .seconds(10)))
            var place = Place(
                store: store, neutron: NeutronHandler(service: service),
                config: ConfigAPIHandler(service: service, schema: schema))
            try await body(&place)
            group.cancelAll()
        }
    }

    /// An object that nests so deeply.
    private static func nested(_ depth: Int) -> String {
        String(repeating: #"{"a":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
    }

    private static let depths = [1, 2, 30] + Array(48...66)

    @Test(.timeLimit(.minutes(2))) func whatNeutronAcceptsCanBeRead() async throws {
        try await withPlace { place in
            let made = try await place.send("POST", "/v2.0/networks", #"{"network":{"name":"a"}}"#) { $0.neutron }
            let network = try #require(made.body["network"]?["id"]?.stringValue)
            var accepted = 0
            for depth in Self.depths {
                let deep = Self.nested(depth)
                let port = try await place.send(
                    "POST", "/v2.0/ports", #"{"port":{"network_id":"\#(network)","binding:profile":\#(deep)}}"#
                ) { $0.neutron }
                #expect(port.status == (depth + 2 <= JSONDepth.request ? 201 : 400), "a profile of \(depth) levels")
                guard port.status == 201, let id = port.body["port"]?["id"]?.stringValue else {
                    #expect(port.body["NeutronError"]?["message"]?.stringValue?.contains("56 levels deep") == true)
                    continue
                }
                accepted += 1
                // What was read is written back.
                let profile = port.body["port"]?["binding:profile"] ?? .null
                for body in [#"{"port":{"binding:profile":\#(profile.text)}}"#, #"{"port":{"name":"b"}}"#] {
                    #expect(try await place.send("PUT", "/v2.0/ports/\(id)", body) { $0.neutron }.status == 200)
                }
                #expect(try await place.send("DELETE", "/v2.0/ports/\(id)", "") { $0.neutron }.status == 204)
            }
            #expect(accepted == 10)
            #expect(try await place.unreadable() == [])
        }
    }

    /// Unknown members of what is nested are refused, and what stands beside a request's objects is not kept.
    @Test(.timeLimit(.minutes(2)), arguments: [2, 40])
    func whatIsUnknownIsNotKept(depth: Int) async throws {
        try await withPlace { place in
            let deep = Self.nested(depth)
            let made = try await place.send(
                "POST", "/v2.0/networks", #"{"network":{"name":"a"},"junk":\#(deep)}"#
            ) { $0.neutron }
            let network = try #require(made.body["network"]?["id"]?.stringValue)
            let bulk = #"{"networks":[{"network":{"name":"b"},"junk":\#(deep)}],"junk":\#(deep)}"#
            #expect(try await place.send("POST", "/v2.0/networks", bulk) { $0.neutron }.status == 201)
            let both = #"{"network":{"name":"c"},"networks":[\#(deep)]}"#
            #expect(try await place.send("PUT", "/v2.0/networks/\(network)", both) { $0.neutron }.status == 200)
            let subnet = #""network_id":"\#(network)","ip_version":4,"cidr":"10.0.0.0/24""#
            let group = #""security_group_id":"11111111-1111-4111-8111-111111111111","direction":"ingress""#
            for (path, body) in [
                (
                    "ports",
                    #"{"port":{"network_id":"\#(network)","fixed_ips":[{"ip_address":"10.0.0.5","junk":\#(deep)}]}}"#
                ),
                ("ports", #"{"port":{"network_id":"\#(network)","fixed_ips":[{"junk":\#(deep)}]}}"#),
                ("ports", #"{"port":{"network_id":"\#(network)","security_groups":[\#(deep)]}}"#),
                ("ports", #"{"port":{"network_id":"\#(network)","junk":\#(deep)}}"#),
                (
                    "ports",
                    #"{"port":{"network_id":"\#(network)","allowed_address_pairs":[{"ip_address":"10.0.0.5","junk":\#(deep)}]}}"#
                ),
                (
                    "ports",
                    #"{"port":{"network_id":"\#(network)","extra_dhcp_opts":[{"opt_name":"a","opt_value":"b","junk":\#(deep)}]}}"#
                ),
                (
                    "ports",
                    #"{"port":{"network_id":"\#(network)","extra_dhcp_opts":[{"opt_name":"a","opt_value":\#(deep)}]}}"#
                ),
                (
                    "subnets",
                    #"{"subnet":{\#(subnet),"allocation_pools":[{"start":"10.0.0.2","end":"10.0.0.9","junk":\#(deep)}]}}"#
                ),
                (
                    "subnets",
                    #"{"subnet":{\#(subnet),"host_routes":[{"destination":"10.1.0.0/24","nexthop":"10.0.0.9","junk":\#(deep)}]}}"#
                ),
                ("subnets", #"{"subnet":{\#(subnet),"dns_nameservers":[\#(deep)]}}"#),
                ("subnets", #"{"subnet":{\#(subnet),"gateway_ip":\#(deep)}}"#),
                ("security-group-rules", #"{"security_group_rule":{\#(group),"remote_group_id":\#(deep)}}"#),
                ("security-group-rules", #"{"security_group_rule":{\#(group),"remote_ip_prefix":\#(deep)}}"#),
            ] {
                let answer = try await place.send("POST", "/v2.0/\(path)", body) { $0.neutron }
                #expect(answer.status == 400, "\(body): \(answer)")
            }
            let kept = try await place.store.list(prefix: StoreKey.root).entries.filter { entry in
                !entry.key.hasPrefix("/requests/") && String(decoding: entry.value, as: UTF8.self).contains(#""a":{"#)
            }
            #expect(kept.map(\.key) == [])
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatTheConfigAPIAcceptsCanBeRead() async throws {
        try await withPlace { place in
            let network = try await place.send("POST", "/v2.0/networks", #"{"network":{"name":"a"}}"#) { $0.neutron }
            let id = try #require(network.body["network"]?["id"]?.stringValue)
            let made = try await place.send("POST", "/v2.0/ports", #"{"port":{"network_id":"\#(id)"}}"#) { $0.neutron }
            let port = try #require(made.body["port"]?["id"]?.stringValue)
            for depth in Self.depths {
                let deep = Self.nested(depth)
                // Any text may stand in a pair: Neutron shows it as JSON where it is some.
                let quoted = JSONValue.string(deep).text
                let pair = #"{"key_value_pair":[{"key":"profile","value":\#(quoted)}]}"#
                let note = #"{"key_value_pair":[{"key":"neutron","value":\#(quoted)}]}"#
                let update = """
                    {"virtual-machine-interface":{"virtual_machine_interface_bindings":\(pair),"annotations":\(note)}}
                    """
                #expect(
                    try await place.send("PUT", "/virtual-machine-interface/\(port)", update) { $0.config }.status
                        == 200)
                let renamed = try await place.send(
                    "PUT", "/v2.0/ports/\(port)", #"{"port":{"name":"n\#(depth)"}}"#
                ) { $0.neutron }
                #expect(renamed.status == 200)
                let profile = renamed.body["port"]?["binding:profile"] ?? .null
                let back = #"{"port":{"binding:profile":\#(profile.text)}}"#
                #expect(try await place.send("PUT", "/v2.0/ports/\(port)", back) { $0.neutron }.status == 200)

                let value = try await place.send(
                    "POST", "/useragent-kv", #"{"operation":"STORE","key":"k\#(depth)","value":\#(deep)}"#
                ) { $0.config }
                #expect(value.status == (depth + 1 <= JSONDepth.request ? 200 : 400))
                let unknown = try await place.send(
                    "PUT", "/virtual-network/\(id)", #"{"virtual-network":{"junk":\#(deep),"display_name":"x"}}"#
                ) { $0.config }
                #expect(unknown.status == (depth + 2 <= JSONDepth.request ? 200 : 400))
                let refused = try await place.send(
                    "POST", "/prop-collection-update",
                    #"{"uuid":"\#(id)","updates":[{"field":"annotations","operation":"set","value":{"key":"a","junk":\#(deep)}}]}"#
                ) { $0.config }
                #expect(refused.status == 400)
            }
            #expect(try await place.unreadable() == [])
        }
    }
}
