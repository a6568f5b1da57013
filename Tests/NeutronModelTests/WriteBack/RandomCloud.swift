import Addressing
import JSON
import Model
import NeutronModel
import SeededChance

/// Networks, subnets, ports, groups and rules made through Neutron with attributes of all sorts.
struct RandomCloud {
    private(set) var cloud: Cloud
    private var chance: Chance
    private var networks: [String] = []
    private var groups: [String] = []

    init(seed: UInt64) throws {
        cloud = try Cloud(seed: seed)
        chance = Chance(seed: seed)
    }

    mutating func fill() throws {
        for _ in 0..<3 { try makeNetwork() }
        for _ in 0..<3 { try makeGroup() }
        for _ in 0..<12 { try makePort() }
    }

    private mutating func pick(_ values: [JSONValue]) -> JSONValue { chance.choice(values) ?? .null }

    /// Some of the attributes, each with one of its values.
    private mutating func some(_ attributes: [(String, [JSONValue])], _ members: JSONObject = [:]) -> JSONObject {
        var members = members
        for (name, values) in attributes where chance.happens(0.4) { members[name] = pick(values) }
        return members
    }

    private mutating func make(_ collection: NeutronCollection, _ members: JSONObject) throws -> String? {
        let isForAdministrator = members.names.contains { $0.contains(":") || $0 == "shared" }
        var members = members
        if isForAdministrator { members["project_id"] = "11111111111111111111111111111111" }
        let reply = try cloud.create(collection, .object(members), as: isForAdministrator ? .admin : .member)
        return reply.status == 201 ? reply["id"]?.stringValue : nil
    }

    private static let names: [JSONValue] = [
        "", "a", "web", "with:colon", "übergröße 名", .string(String(repeating: "名", count: 255)),
    ]

    private mutating func makeNetwork() throws {
        let members = some([
            ("name", Self.names), ("admin_state_up", [true, false, "off"]), ("description", ["", "text", "é:\"x\""]),
            ("port_security_enabled", [true, false]), ("shared", [true, false]), ("router:external", [true, false]),
        ])
        guard let id = try make(.networks, members) else { return }
        networks.append(id)
        for number in 0..<4 where chance.happens(0.6) { try makeSubnet(network: id, number) }
    }

    private mutating func makeSubnet(network: String, _ number: Int) throws {
        let isV6 = number == 3
        let base = isV6 ? "2001:db8::" : "10.\(number)."
        var members: JSONObject = ["network_id": .string(network), "ip_version": isV6 ? 6 : 4]
        members["cidr"] = isV6 ? "2001:DB8::/64" : pick([.string("\(base)0.0/24"), .string("\(base)0.0/16")])
        if !isV6, chance.happens(0.2) {
            members["cidr"] = pick([.string("\(base)1.2/31"), .string("\(base)1.2/32")])
            members["enable_dhcp"] = false
        }
        members = some(
            [
                ("name", Self.names), ("description", ["", "text"]),
                ("dns_nameservers", isV6 ? [["2001:DB8::53"], []] : [["192.0.2.53", "192.0.2.54"], []]),
                ("host_routes", isV6 ? [[]] : [[["destination": "10.99.0.0/24", "nexthop": "10.0.0.9"]], []]),
            ], members)
        if isV6 {
            if chance.happens(0.5) {
                let mode = pick(["slaac", "dhcpv6-stateful", "dhcpv6-stateless"])
                members["ipv6_ra_mode"] = mode
                members["ipv6_address_mode"] = mode
            }
        } else if members["enable_dhcp"] == nil {
            members = some(
                [
                    ("gateway_ip", [.null, .string("\(base)0.200"), "203.0.113.1"]),
                    (
                        "allocation_pools",
                        [
                            [], [["start": .string("\(base)0.10"), "end": .string("\(base)0.20")]],
                            [
                                ["start": .string("\(base)0.30"), "end": .string("\(base)0.40")],
                                ["start": .string("\(base)0.10"), "end": .string("\(base)0.20")],
                            ],
                        ]
                    ),
                    ("enable_dhcp", [true, false]),
                ], members)
        }
        _ = try make(.subnets, members)
    }

    private mutating func makeGroup() throws {
        let names = Self.names + ["tab\tinside", "line\nbreak", "\u{1}"]
        guard let id = try make(.securityGroups, some([("name", names), ("description", ["", "text"])])) else { return }
        groups.append(id)
        for _ in 0..<8 { try makeRule(group: id) }
    }

    private mutating func makeRule(group: String) throws {
        let isV6 = chance.happens(0.3)
        var members: JSONObject = [
            "security_group_id": .string(group), "direction": pick(["ingress", "egress"]),
            "ethertype": isV6 ? "IPv6" : "IPv4",
        ]
        let kinds: [JSONObject] = [
            ["protocol": "tcp", "port_range_min": 22, "port_range_max": 22],
            ["protocol": "udp", "port_range_min": 1, "port_range_max": 65535],
            ["protocol": "6", "port_range_min": 80, "port_range_max": 443],
            ["protocol": "icmp", "port_range_min": 8], ["protocol": "icmp", "port_range_min": 3, "port_range_max": 4],
            ["protocol": "icmp", "port_range_min": 0, "port_range_max": 0], ["protocol": "icmpv6"],
            ["protocol": "ipv6-icmp", "port_range_min": 128], ["protocol": "1"], ["protocol": "58"],
            ["protocol": "vrrp"],
            ["protocol": "sctp", "port_range_min": 5, "port_range_max": 9], ["protocol": 0], ["protocol": "ah"], [:],
        ]
        for member in chance.choice(kinds) ?? [:] { members[member.name] = member.value }
        switch chance.number(below: 3) {
        case 0: members["remote_group_id"] = .string(chance.choice(groups) ?? group)
        case 1:
            members["remote_ip_prefix"] =
                isV6
                ? pick(["2001:DB8::1", "::/0", "2001:db8::/32"])
                : pick(["10.0.0.5/24", "10.0.0.6/24", "0.0.0.0/0", "192.0.2.7", "10.0.0.0/8"])
        default: break
        }
        if chance.happens(0.3) { members["description"] = "why" }
        _ = try make(.securityGroupRules, members)
    }

    private mutating func makePort() throws {
        guard let network = chance.choice(networks) else { return }
        let members = some(
            [
                ("name", Self.names), ("admin_state_up", [true, false]), ("description", ["", "text"]),
                ("mac_address", ["FA-16-3E-00-00-01", "fa:16:3e:00:00:02", "fa:16:3e:00:00:03"]),
                (
                    "device_id",
                    ["", "8d0e4e2a-0c1f-4a3b-9a1e-2b3c4d5e6f70", "8D0E4E2A-0C1F-4A3B-9A1E-2B3C4D5E6F70", "dhcp-17"]
                ),
                ("device_owner", ["", "compute:nova", "network:dhcp", "network:router_interface"]),
                ("security_groups", [[], [.string(groups.first ?? "")], .array(groups.map { .string($0) })]),
                ("port_security_enabled", [true, true, false]),
                (
                    "allowed_address_pairs",
                    [
                        [], [["ip_address": "10.0.0.5"], ["ip_address": "10.0.0.5/24"]],
                        [
                            ["ip_address": "10.0.0.0/8", "mac_address": "02-AA-00-00-00-01"],
                            ["ip_address": "0.0.0.0/0"],
                        ],
                        [["ip_address": "2001:DB8::7"], ["ip_address": "2001:DB8::/64"]],
                    ]
                ),
                (
                    "extra_dhcp_opts",
                    [
                        [], [["opt_name": "bootfile-name", "opt_value": "pxe.0"]],
                        [
                            ["opt_name": "dns", "opt_value": "2001:db8::53", "ip_version": 6],
                            ["opt_name": "dns", "opt_value": "192.0.2.53", "ip_version": "4"],
                            ["opt_name": "router", "opt_value": ""],
                        ],
                    ]
                ),
                ("binding:host_id", ["", "compute-1"]), ("binding:vnic_type", ["normal", "direct", "baremetal"]),
                ("binding:profile", [[:], ["pci_slot": "0000:03:10.1", "nested": ["a": [1, "2", nil]]]]),
            ], ["network_id": .string(network)])
        _ = try make(.ports, members)
    }
}
