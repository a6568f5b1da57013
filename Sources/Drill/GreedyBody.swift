import Blueprint
import JSON

/// A request that asks for as much work as its size allows: what the greedy client sends. Pure.
struct GreedyBody: Sendable {
    /// What kind of work it asks for, such as `rules-of-prefixes`.
    var kind: String
    var method = "POST"
    var service = ProxiedService.neutron
    var path: String
    /// Empty for a request without a body.
    var bytes: [UInt8] = []

    /// What the bodies refer to.
    struct Fixture: Hashable, Sendable {
        /// The name of everything that the client makes and can name.
        var name: String
        /// The name of the group that is made whole: one of ``name`` is there already.
        var secondName: String { name + "-rules" }
        var network = ""
        var subnet = ""
        var group = ""
        /// The full name of the project, as the config API has it.
        var project: [String] = []
        /// A key of the key-value store with a value of ``GreedyBody/valueBytes``.
        var key = ""
    }

    /// The size that the large bodies come to, in bytes: just within the APIs' limit of 1,024,000.
    static let largest = 1_020_000
    /// The size of the value in the key-value store, in bytes.
    static let valueBytes = 1_000_000

    /// All kinds, in the order in which they are sent.
    ///
    /// - Parameter makesNameless: whether objects may be made that have no name by which they could be found again.
    static func all(_ fixture: Fixture, makesNameless: Bool) -> [GreedyBody] {
        rules(fixture) + ports(fixture) + (makesNameless ? networks : []) + configuration(fixture) + nested(fixture)
            + lists
    }

    private static func rules(_ fixture: Fixture) -> [GreedyBody] {
        let head = #"{"security_group_id":"\#(fixture.group)","direction":"ingress","#
        return [
            GreedyBody(
                kind: "rules-of-prefixes", path: "/v2.0/security-group-rules",
                bytes: filled("security_group_rules") {
                    head + #""remote_ip_prefix":"10.\#($0 >> 8).\#($0 & 255).0/24"}"#
                }),
            GreedyBody(
                kind: "rules-of-ports", path: "/v2.0/security-group-rules",
                bytes: filled("security_group_rules") {
                    head + #""protocol":"tcp","port_range_min":\#($0 + 1),"port_range_max":\#($0 + 1)}"#
                }),
        ]
    }

    private static func ports(_ fixture: Fixture) -> [GreedyBody] {
        func port(_ kind: String, _ list: String, of items: [String]) -> GreedyBody {
            let text =
                #"{"port":{"network_id":"\#(fixture.network)","name":"\#(fixture.name)",""# + list + #"":["#
                + items.joined(separator: ",") + "]}}"
            return GreedyBody(kind: kind, path: "/v2.0/ports", bytes: Array(text.utf8))
        }
        let address = #"{"subnet_id":"\#(fixture.subnet)"}"#
        return [1_100, 2_000, 10_000].map { count in
            port("port-of-\(count)-addresses", "fixed_ips", of: Array(repeating: address, count: count))
        } + [
            port(
                "port-of-15000-options", "extra_dhcp_opts",
                of: (0..<15_000).map { #"{"opt_name":"option-\#($0)","opt_value":"value \#($0)"}"# })
        ]
    }

    private static let networks: [GreedyBody] = [4_000, 20_000].map { count in
        GreedyBody(
            kind: "\(count)-networks", path: "/v2.0/networks",
            bytes: Array((#"{"networks":["# + Array(repeating: "{}", count: count).joined(separator: ",") + "]}").utf8))
    }

    private static func configuration(_ fixture: Fixture) -> [GreedyBody] {
        let updates = (0..<8_000).map {
            #"{"field":"annotations","operation":"set","value":{"key":"k\#($0)","value":"v"}}"#
        }
        let rules = (0..<4_600).map { number in
            #"{"direction":">","protocol":"tcp","ethertype":"IPv4","src_addresses":[{"security_group":"local"}],"#
                + #""dst_addresses":[{"subnet":{"ip_prefix":"10.0.0.0","ip_prefix_len":8}}],"#
                + #""dst_ports":[{"start_port":\#(number),"end_port":\#(number)}]}"#
        }
        let targets = (0..<45_000).map { #""target:1:\#($0)""# }
        let name = (fixture.project + [fixture.secondName]).map { JSONValue.string($0).text }.joined(separator: ",")
        let keys = Array(repeating: JSONValue.string(fixture.key).text, count: 400).joined(separator: ",")
        return [
            GreedyBody(
                kind: "8000-annotations", service: .config, path: "/prop-collection-update",
                bytes: Array(
                    (#"{"uuid":"\#(fixture.network)","updates":["# + updates.joined(separator: ",") + "]}").utf8)),
            GreedyBody(
                kind: "group-of-4600-rules", service: .config, path: "/security-groups",
                bytes: Array(
                    (#"{"security-group":{"parent_type":"project","fq_name":[\#(name)],"#
                        + #""security_group_entries":{"policy_rule":["# + rules.joined(separator: ",") + "]}}}").utf8)),
            GreedyBody(
                kind: "45000-route-targets", method: "PUT", service: .config,
                path: "/virtual-network/\(fixture.network)",
                bytes: Array(
                    (#"{"virtual-network":{"route_target_list":{"route_target":["# + targets.joined(separator: ",")
                        + "]}}}").utf8)),
            GreedyBody(
                kind: "400-times-a-value", service: .config, path: "/useragent-kv",
                bytes: Array(#"{"operation":"RETRIEVE","key":[\#(keys)]}"#.utf8)),
        ]
    }

    private static func nested(_ fixture: Fixture) -> [GreedyBody] {
        // As deep as a body may be for most parsers, and as often as fits; and one that is nothing but depth.
        let member = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        let address = #"{"subnet_id":"\#(fixture.subnet)","unknown":\#(member)}"#
        let count = largest / (address.utf8.count + 1) - 1
        let port =
            #"{"port":{"network_id":"\#(fixture.network)","name":"\#(fixture.name)","fixed_ips":["#
            + Array(repeating: address, count: count).joined(separator: ",") + "]}}"
        // Two that differ only at the bottom, and two that differ only in the order of their members.
        let projects = (1...2).map {
            String(repeating: #"{"a":"#, count: 55) + "\($0)" + String(repeating: "}", count: 55)
        }
        let members = (0..<30_000).map { #""m\#($0)":1"# }
        let options =
            #"{"port":{"network_id":"\#(fixture.network)","name":"\#(fixture.name)","extra_dhcp_opts":["#
            + "{\(members.joined(separator: ","))},{\(members.reversed().joined(separator: ","))}]}}"
        let half = String(repeating: "[", count: largest / 2 - 16) + String(repeating: "]", count: largest / 2 - 16)
        return [
            GreedyBody(kind: "nested-members", path: "/v2.0/ports", bytes: Array(port.utf8)),
            GreedyBody(
                kind: "nested-projects", path: "/v2.0/networks",
                bytes: Array(#"{"network":{"project_id":\#(projects[0]),"tenant_id":\#(projects[1])}}"#.utf8)),
            GreedyBody(kind: "options-in-another-order", path: "/v2.0/ports", bytes: Array(options.utf8)),
            GreedyBody(kind: "nothing-but-depth", path: "/v2.0/networks", bytes: Array(#"{"network":\#(half)}"#.utf8)),
        ]
    }

    private static let lists: [GreedyBody] = [
        GreedyBody(kind: "list-of-all-ports", method: "GET", path: "/v2.0/ports"),
        GreedyBody(kind: "list-of-all-rules", method: "GET", path: "/v2.0/security-group-rules"),
        GreedyBody(
            kind: "details-of-all-ports", method: "GET", service: .config,
            path: "/virtual-machine-interfaces?detail=true"),
    ]

    /// A list of so many items as fit into ``largest``, as the only member of an object.
    private static func filled(_ member: String, _ item: (Int) -> String) -> [UInt8] {
        var bytes = Array(#"{"\#(member)":["#.utf8)
        var number = 0
        while true {
            let next = (number == 0 ? "" : ",") + item(number)
            guard bytes.count + next.utf8.count + 2 <= largest else { return bytes + Array("]}".utf8) }
            bytes += next.utf8
            number += 1
        }
    }
}
