import Addressing
import JSON
import Model
import StoreContents
import Testing

@Suite struct ConfigTypeRuleTests {
    @Test func `A port has a network, a MAC address of its own and a routing-instance`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let id = try client.port(network, ["uuid": "94edc87e-1801-4d0a-9a3a-0c1b2d3e4f50"])
        let read = client.read("virtual-machine-interface", id)
        #expect(read["virtual_machine_interface_mac_addresses"] == ["mac_address": ["02:94:ed:c8:7e:18"]])
        let instance = read["routing_instance_refs"]?.arrayValue?.first
        #expect(instance?["to"]?.arrayValue?.last == "n" && instance?["attr"]?["direction"] == "both")
        // The same first five bytes give another address.
        let twin = try client.port(network, ["uuid": "94edc87e-1802-4d0a-9a3a-0c1b2d3e4f50"])
        #expect(
            client.read("virtual-machine-interface", twin)["virtual_machine_interface_mac_addresses"]
                != read["virtual_machine_interface_mac_addresses"])
        let wish: JSONObject = ["virtual_machine_interface_mac_addresses": ["mac_address": ["02-AA-00-00-00-01"]]]
        let chosen = try client.port(network, wish)
        #expect(
            client.read("virtual-machine-interface", chosen)["virtual_machine_interface_mac_addresses"]
                == ["mac_address": ["02:aa:00:00:00:01"]])
        for (members, status) in [
            (["virtual_machine_interface_mac_addresses": ["mac_address": ["02:aa:00:00:00:01"]]], 409),
            (["virtual_machine_interface_mac_addresses": ["mac_address": ["x"]]], 400),
            (["virtual_machine_interface_mac_addresses": ["mac_address": ["01:00:00:00:00:01"]]], 400),
            (["virtual_network_refs": []], 400),
            (["virtual_machine_interface_properties": ["sub_interface_vlan_tag": 4095]], 400),
            (
                [
                    "port_security_enabled": false,
                    "virtual_machine_interface_allowed_address_pairs": [
                        "allowed_address_pair": [["mac": "02:00:00:00:00:01"]]
                    ],
                ], 400
            ),
            (
                [
                    "virtual_machine_interface_allowed_address_pairs": [
                        "allowed_address_pair": [
                            ["ip": ["ip_prefix": "10.0.0.0", "ip_prefix_len": 23], "address_mode": "active-standby"]
                        ]
                    ]
                ], 400
            ),
        ] as [(JSONObject, Int)] {
            var all: JSONObject = [
                "fq_name": ConfigClient.inProject("bad"), "parent_type": "project",
                "virtual_network_refs": [["uuid": .string(network)]],
            ]
            for member in members { all[member.name] = member.value }
            let answer = try client.create("virtual-machine-interface", all)
            #expect(answer.status == status, "\(members) \(answer.text)")
        }
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `A port's MAC address can change, its network cannot`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let other = try client.network("o")
        let id = try client.port(network)
        let wish: JSONObject = ["virtual_machine_interface_mac_addresses": ["mac_address": ["02:aa:00:00:00:01"]]]
        #expect(try client.update("virtual-machine-interface", id, wish).status == 200)
        #expect(try client.update("virtual-machine-interface", id, wish).status == 200)
        #expect(
            try client.update("virtual-machine-interface", id, ["virtual_network_refs": [["uuid": .string(other)]]])
                .status == 400)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(try client.delete("virtual-network", network).status == 409)
        #expect(try client.delete("virtual-machine-interface", id).status == 200)
        #expect(try client.delete("virtual-network", network).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Bindings of a new port name its kind`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let pairs: JSONValue = [
            "key_value_pair": [["key": "host_id", "value": "c1"], ["key": "vif_type", "value": "x"]]
        ]
        let id = try client.port(network, ["virtual_machine_interface_bindings": pairs])
        #expect(
            client.read("virtual-machine-interface", id)["virtual_machine_interface_bindings"]
                == ["key_value_pair": [["key": "host_id", "value": "c1"], ["key": "vnic_type", "value": "normal"]]])
        let direct: JSONValue = [
            "key_value_pair": [["key": "host_id", "value": "c1"], ["key": "vnic_type", "value": "direct"]]
        ]
        #expect(
            try client.update("virtual-machine-interface", id, ["virtual_machine_interface_bindings": direct]).status
                == 409)
    }

    private static func rule(_ more: JSONObject = [:]) -> JSONValue {
        var members: JSONObject = [
            "direction": ">", "protocol": "tcp", "ethertype": "IPv4",
            "src_addresses": [["subnet": ["ip_prefix": "0.0.0.0", "ip_prefix_len": 0]]],
            "src_ports": [["start_port": 0, "end_port": 65535]], "dst_addresses": [["security_group": "local"]],
            "dst_ports": [["start_port": 80, "end_port": 80]],
        ]
        for member in more { members[member.name] = member.value }
        return .object(members)
    }

    @Test func `A security group has a number, and its rules have ids`() throws {
        var client = try ConfigClient()
        let entries: JSONValue = ["policy_rule": [Self.rule(), Self.rule(["protocol": "udp"])]]
        let id = try client.made(
            "security-group", ["fq_name": ConfigClient.inProject("g"), "security_group_entries": entries])
        let read = client.read("security-group", id)
        #expect(read["security_group_id"]?.integerValue ?? 0 > 8_000_000)
        let ids = (read["security_group_entries"]?["policy_rule"]?.arrayValue ?? []).compactMap {
            $0["rule_uuid"]?.stringValue
        }
        #expect(Set(ids).count == 2)
        for (rules, status, text) in [
            ([Self.rule(), Self.rule()], 409, "Rule already exists"),
            (
                [Self.rule(["rule_uuid": .string(id)]), Self.rule(["rule_uuid": .string(id), "protocol": "udp"])], 409,
                "Rule already exists : \(id)"
            ),
            ([Self.rule(["protocol": "x"])], 400, "Rule with invalid protocol : x"),
            ([Self.rule(["protocol": "256"])], 400, "protocol"), ([Self.rule(["protocol": "255"])], 200, ""),
            ([Self.rule(["dst_addresses": [["security_group": "a:b:c"]]])], 400, "'local'"),
            ([Self.rule(["dst_ports": [["start_port": 90, "end_port": 80]]])], 400, "port range"),
            ([Self.rule(["dst_ports": [["start_port": 90, "end_port": 65536]]])], 400, "between -1 and 65535"),
            ([Self.rule(["direction": "<"])], 400, "direction"), (["x"], 400, "PolicyRuleType"),
        ] as [([JSONValue], Int, String)] {
            let answer = try client.update(
                "security-group", id, ["security_group_entries": ["policy_rule": .array(rules)]])
            #expect(answer.status == status && answer.text.contains(text), "\(rules) \(answer.text)")
        }
        let existing = client.read("security-group", id)["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        let copies = existing.map { rule in
            JSONValue.object(
                JSONObject((rule.objectValue ?? [:]).filter { $0.name != "rule_uuid" }.map { ($0.name, $0.value) }))
        }
        for rules in [copies + existing, existing + copies, existing + existing] {
            let answer = try client.update(
                "security-group", id, ["security_group_entries": ["policy_rule": .array(rules)]])
            #expect(answer.status == 409 && answer.text.contains("Rule already exists"), "\(rules) \(answer.text)")
        }
        let same = ["security_group_entries": ["policy_rule": .array(existing)]] as JSONObject
        #expect(try client.update("security-group", id, same).status == 200)
        #expect(try client.update("security-group", id, ["security_group_id": 8_000_500]).status == 403)
        let chosen = try client.create(
            "security-group", ["fq_name": ConfigClient.inProject("h"), "security_group_id": 8_000_500])
        #expect(chosen.status == 403)
        let low = try client.create(
            "security-group", ["fq_name": ConfigClient.inProject("h"), "security_group_id": 5])
        #expect(low.status == 400)
        let configured = try client.made(
            "security-group", ["fq_name": ConfigClient.inProject("i"), "configured_security_group_id": 55])
        #expect(client.read("security-group", configured)["security_group_id"] == 55)
        #expect(try client.delete("security-group", configured).status == 200)
        #expect(try client.delete("security-group", id).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `A project has a default group, owns itself, and goes when nothing else is in it`() throws {
        var client = try ConfigClient()
        let id = try client.made("project", ["fq_name": ["default-domain", "p"]])
        let read = client.read("project", id)
        #expect(read["perms2"]?["owner"] == .string(id.replacing("-", with: "")))
        #expect(read["security_groups"]?.arrayValue?.first?["to"] == ["default-domain", "p", "default"])
        let network = try client.made("virtual-network", ["fq_name": ["default-domain", "p", "n"]])
        #expect(client.read("virtual-network", network)["perms2"]?["owner"] == read["perms2"]?["owner"])
        let refused = try client.delete("project", id)
        #expect(refused.status == 409)
        #expect(
            refused.text
                == "Delete when children still present: [u'http://controller:8082/virtual-network/\(network)']")
        #expect(try client.delete("virtual-network", network).status == 200)
        #expect(try client.delete("project", id).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Quotas are kept`() throws {
        var client = try ConfigClient()
        let quota: JSONValue = ["defaults": -1, "virtual_network": 1, "subnet": 2, "security_group_rule": 5]
        _ = try client.made("project", ["fq_name": ["default-domain", "p"], "quota": quota])
        let first = try client.made("virtual-network", ["fq_name": ["default-domain", "p", "n"]])
        let over = try client.create("virtual-network", ["fq_name": ["default-domain", "p", "m"]])
        #expect(over.status == 412 && over.text == "quota limit (1) exceeded for resource virtual_network")
        #expect(String(decoding: ConfigFault(412, "<x>").answer.body, as: UTF8.self).contains("<pre>&lt;x&gt;</pre>"))
        let hidden = try client.create(
            "virtual-network", ["fq_name": ["default-domain", "p", "h"], "id_perms": ["user_visible": false]])
        #expect(hidden.status == 200)
        let three = ConfigClient.subnets((0..<3).map { ConfigClient.subnet("10.0.\($0).0", 24) })
        let subnets = try client.update("virtual-network", first, ["network_ipam_refs": three])
        #expect(subnets.status == 412 && subnets.text.hasSuffix("for resource subnet"))
        // The default group has four rules.
        let rules = try client.create(
            "security-group",
            [
                "fq_name": ["default-domain", "p", "g"],
                "security_group_entries": ["policy_rule": [Self.rule(), Self.rule(["protocol": "udp"])]],
            ])
        #expect(rules.status == 412 && rules.text == "quota limit (5) exceeded for resource security_group_rule")
    }

    @Test func `What is counted for the project of its parent is limited, too`() throws {
        var client = try ConfigClient()
        let quota: JSONValue = ["floating_ip": 1, "floating_ip_pool": 2]
        let project = try client.made("project", ["fq_name": ["default-domain", "p"], "quota": quota])
        let links = ConfigClient.subnets([ConfigClient.subnet("10.0.0.0", 24)])
        _ = try client.made("virtual-network", ["fq_name": ["default-domain", "p", "n"], "network_ipam_refs": links])
        for (name, status) in [("a", 200), ("b", 200), ("c", 412)] {
            let pool = try client.create("floating-ip-pool", ["fq_name": ["default-domain", "p", "n", .string(name)]])
            #expect(pool.status == status, "\(pool.text)")
        }
        func address(_ pool: JSONValue, _ name: JSONValue) -> JSONObject {
            ["fq_name": ["default-domain", "p", "n", pool, name], "parent_type": "floating-ip-pool"]
        }
        let first = try client.made("floating-ip", address("a", "x"))
        let second = try client.create("floating-ip", address("b", "y"))
        #expect(second.status == 412 && second.text == "quota limit (1) exceeded for resource floating_ip")
        // One of another project is not moved past the limit.
        let other = try client.made("project", ["fq_name": ["default-domain", "q"]])
        let owner: JSONValue = [["uuid": .string(other)]]
        var members = address("b", "z")
        members["project_refs"] = owner
        let moving = try client.made("floating-ip", members)
        let target: JSONValue = [["uuid": .string(project)]]
        #expect(try client.update("floating-ip", moving, ["project_refs": target]).status == 412)
        #expect(try client.delete("floating-ip", first).status == 200)
        #expect(try client.update("floating-ip", moving, ["project_refs": target]).status == 200)
        try checkReplica(client.fixture.snapshot, of: client.fixture.store)
    }

    @Test func `Of two creates that counted the same, the one over the limit is refused`() throws {
        var client = try ConfigClient()
        _ = try client.made("project", ["fq_name": ["default-domain", "p"], "quota": ["virtual_network": 1]])
        var edits = [client.fixture.edit(), client.fixture.edit()]
        for index in edits.indices {
            _ = try ConfigWrite.create(
                type: "virtual-network", body: ["virtual-network": ["fq_name": ["default-domain", "p", "n\(index)"]]]
            ).decide(on: &edits[index], origin: "")
        }
        #expect(try client.fixture.commit(edits[0]))
        #expect(try !client.fixture.commit(edits[1]))
    }

    @Test func `Tags are named by type and value, and have ids`() throws {
        var client = try ConfigClient()
        let id = try client.made("tag", ["fq_name": ["whatever"], "tag_type_name": "Site", "tag_value": "bonn"])
        let read = client.read("tag", id)
        #expect(read["fq_name"] == ["site=bonn"] && read["tag_id"] == "0x00040000")
        let second = try client.made("tag", ["fq_name": ["x"], "tag_type_name": "site", "tag_value": "kiel"])
        #expect(client.read("tag", second)["tag_id"] == "0x00040001")
        #expect(
            try client.create("tag", ["fq_name": ["x"], "tag_type_name": "site", "tag_value": "kiel"]).status == 409)
        let own = try client.made("tag", ["fq_name": ["x"], "tag_type_name": "mine", "tag_value": "v"])
        #expect(client.read("tag", own)["tag_id"] == "0x00ff0000")
        #expect(try client.create("tag", ["fq_name": ["x"]]).status == 400)
        #expect(try client.update("tag", id, ["tag_value": "x"]).status == 400)

        let network = try client.network("n")
        func set(_ value: JSONObject) throws -> ConfigClient.Answer {
            var body: JSONObject = ["obj_type": "virtual_network", "obj_uuid": .string(network)]
            for member in value { body[member.name] = member.value }
            return try client.perform(.setTags(body: .object(body)))
        }
        #expect(try set(["site": ["is_global": true, "value": "bonn"]]).status == 200)
        #expect(try set(["site": ["is_global": true, "value": "kiel"]]).status == 200)
        #expect(client.read("virtual-network", network)["tag_refs"]?.arrayValue?.count == 1)
        #expect(try set(["site": ["is_global": true, "add_values": ["bonn"]]]).status == 400)
        let missing = try set(["site": ["value": "bonn"]])
        #expect(missing.status == 404 && missing.text.hasPrefix("Tag with FQName ["))
        #expect(try client.delete("tag", second).status == 409)
        #expect(try set(["site": nil]).status == 200)
        #expect(client.read("virtual-network", network)["tag_refs"] == nil)
        #expect(try client.delete("tag", second).status == 200)
    }

    @Test func `Routers, policies and other types keep their own rules`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let port = try client.port(network)
        let router = try client.made(
            "logical-router",
            [
                "fq_name": ConfigClient.inProject("r"),
                "virtual_machine_interface_refs": [["uuid": .string(port)]],
            ])
        #expect(client.read("logical-router", router)["logical_router_type"] == "snat-routing")
        #expect(try client.update("logical-router", router, ["logical_router_type": "vxlan-routing"]).status == 400)
        let gateway: JSONObject = ["virtual_network_refs": [["uuid": .string(network), "attr": nil]]]
        #expect(try client.update("logical-router", router, gateway).status == 400)
        for (type, members, status) in [
            ("global-system-config", ["fq_name": ["second"]], 400), ("alarm", [:], 400),
            ("loadbalancer-healthmonitor", [:], 400), ("route-target", ["fq_name": ["x"]], 400),
            ("route-target", ["fq_name": ["target:64512:5"]], 200),
            ("network-policy", ["network_policy_entries": ["policy_rule": [Self.rule()]]], 400),
            (
                "network-policy",
                [
                    "network_policy_entries": [
                        "policy_rule": [
                            Self.rule([
                                "action_list": ["simple_action": "pass"], "dst_addresses": [["virtual_network": "any"]],
                            ])
                        ]
                    ]
                ], 200
            ),
        ] as [(String, JSONObject, Int)] {
            var all: JSONObject = ["fq_name": ConfigClient.inProject("x")]
            if type == "alarm" { all["parent_type"] = "project" }
            for member in members { all[member.name] = member.value }
            let answer = try client.create(type, all)
            #expect(answer.status == status, "\(type) \(answer.text)")
        }
    }
}
