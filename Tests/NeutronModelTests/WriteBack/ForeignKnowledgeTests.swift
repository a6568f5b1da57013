import Addressing
import JSON
import Model
import NeutronModel
import Testing

/// A change through one API leaves alone what only the other knows, and what it finds is no obstacle.
@Suite struct ForeignKnowledgeTests {
    /// The full name of an object of the member's project.
    private func inProject(_ name: String) -> JSONValue { ["default-domain", "demo", .string(name)] }

    private func id(_ text: String) throws -> ObjectID { try #require(ObjectID(text)) }

    // MARK: Rules that Neutron made

    @Test(
        arguments: [
            [["protocol": "icmp", "port_range_min": 8]],
            [["protocol": "icmp", "port_range_min": 3, "port_range_max": 1]],
            [["protocol": "ipv6-icmp", "port_range_min": 128, "ethertype": "IPv6"]],
            [["remote_ip_prefix": "10.0.0.5/24"], ["remote_ip_prefix": "10.0.0.6/24"]],
            [["protocol": "vrrp"], ["protocol": "113"]],
        ] as [[JSONObject]])
    func `A rule can be added to Neutron's by the config API`(rules: [JSONObject]) throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        for rule in rules {
            var members: JSONObject = [
                "security_group_id": .string(group), "direction": "ingress", "ethertype": "IPv4",
            ]
            for member in rule { members[member.name] = member.value }
            _ = try cloud.create(.securityGroupRules, .object(members))
        }
        let before = try cloud.show(.securityGroups, group)["security_group_rules"]?.arrayValue ?? []
        #expect(before.count > 2)
        var read = try cloud.configRead("security-group", try id(group))
        var entries = read["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        entries.append([
            "protocol": "tcp", "direction": ">", "src_addresses": [["security_group": "local"]],
            "dst_addresses": [["subnet": ["ip_prefix": "192.0.2.0", "ip_prefix_len": 24]]],
            "src_ports": [["start_port": 0, "end_port": 65535]], "dst_ports": [["start_port": 25, "end_port": 25]],
        ])
        read["security_group_entries"] = ["policy_rule": .array(entries)]
        let answer = try cloud.configPut("security-group", try id(group), read)
        #expect(answer.status == 200, "\(answer.text)")
        let after = try cloud.show(.securityGroups, group)["security_group_rules"]?.arrayValue ?? []
        #expect(Array(after.dropLast()) == before && after.last?["port_range_min"] == 25)
    }

    @Test func `A type of ICMP with every code, as Contrail's clients write it`() throws {
        var cloud = try Cloud()
        _ = try cloud.networkWithSubnet()
        let group = try cloud.configMade(
            "security-group",
            [
                "fq_name": inProject("g"), "parent_type": "project",
                "security_group_entries": [
                    "policy_rule": [
                        [
                            "protocol": "icmp", "direction": ">", "ethertype": "IPv4",
                            "src_addresses": [["subnet": ["ip_prefix": "0.0.0.0", "ip_prefix_len": 0]]],
                            "dst_addresses": [["security_group": "local"]],
                            "dst_ports": [["start_port": 8, "end_port": 65535]],
                        ]
                    ]
                ],
            ])
        let rule = try cloud.show(.securityGroups, group.description)["security_group_rules"]?.arrayValue?.first
        #expect(rule?["port_range_min"] == 8 && rule?["port_range_max"] == .null)
    }

    // MARK: Subnets

    @Test(
        arguments: [
            ["cidr": "10.0.0.0/24", "gateway_ip": "203.0.113.1"], ["cidr": "10.0.0.0/31", "enable_dhcp": false],
            ["cidr": "10.0.0.1/32", "enable_dhcp": false],
        ] as [JSONObject])
    func `A subnet can be added to Neutron's by the config API`(subnet: JSONObject) throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, ["name": "n"]).made
        var members: JSONObject = ["network_id": .string(network), "ip_version": 4]
        for member in subnet { members[member.name] = member.value }
        let first = try cloud.create(.subnets, .object(members)).made
        let before = try cloud.show(.subnets, first)
        let read = try cloud.configRead("virtual-network", try id(network))
        var link = try #require(read["network_ipam_refs"]?.arrayValue?.first?.objectValue)
        let subnets = link["attr"]?["ipam_subnets"]?.arrayValue ?? []
        link["attr"] = [
            "ipam_subnets": .array(subnets + [["subnet": ["ip_prefix": "10.1.0.0", "ip_prefix_len": 24]]])
        ]
        let answer = try cloud.configPut("virtual-network", try id(network), ["network_ipam_refs": [.object(link)]])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try cloud.list(.subnets).list.count == 2)
        #expect(try cloud.show(.subnets, first)["gateway_ip"] == before["gateway_ip"])
    }

    @Test func `What Contrail's clients said of a subnet stays when Neutron changes a part of it`() throws {
        var cloud = try Cloud()
        _ = try cloud.networkWithSubnet()
        let ipam = try #require(cloud.snapshot.object(type: "network-ipam", fqName: Bootstrap.defaultIPAM)?.id)
        let route: JSONValue = [
            "prefix": "10.99.0.0/24", "next_hop": "10.0.0.9", "next_hop_type": "service-instance",
            "community_attributes": ["community_attribute": ["64512:1"]],
        ]
        let pool: JSONValue = ["start": "10.5.0.20", "end": "10.5.0.29", "vrouter_specific_pool": true]
        let clock: JSONValue = ["dhcp_option_name": "4", "dhcp_option_value": "192.0.2.123"]
        let network = try cloud.configMade(
            "virtual-network",
            [
                "fq_name": inProject("n"), "parent_type": "project",
                "network_ipam_refs": [
                    [
                        "uuid": .string(ipam.description),
                        "attr": [
                            "ipam_subnets": [
                                [
                                    "subnet": ["ip_prefix": "10.5.0.0", "ip_prefix_len": 24],
                                    "host_routes": ["route": [route]], "allocation_pools": [pool],
                                    "dhcp_option_list": ["dhcp_option": [clock]],
                                ]
                            ]
                        ],
                    ]
                ],
            ])
        func entry() throws -> JSONValue? {
            try cloud.configRead("virtual-network", network)["network_ipam_refs"]?.arrayValue?.first?["attr"]?[
                "ipam_subnets"]?.arrayValue?.first
        }
        let subnet = try #require(try entry()?["subnet_uuid"]?.stringValue)
        let changed = try cloud.update(
            .subnets, subnet,
            [
                "dns_nameservers": ["192.0.2.53"], "gateway_ip": "10.5.0.9",
                "host_routes": [
                    ["destination": "10.99.0.0/24", "nexthop": "10.0.0.9"],
                    ["destination": "10.98.0.0/24", "nexthop": "10.0.0.9"],
                ],
                "allocation_pools": [
                    ["start": "10.5.0.20", "end": "10.5.0.29"], ["start": "10.5.0.40", "end": "10.5.0.49"],
                ],
            ])
        #expect(changed.status == 200, "\(changed.body.text)")
        let after = try entry()
        let options = after?["dhcp_option_list"]?["dhcp_option"]?.arrayValue ?? []
        #expect(options == [clock, ["dhcp_option_name": "6", "dhcp_option_value": "192.0.2.53"]])
        #expect(after?["host_routes"]?["route"]?.arrayValue?.first == route)
        #expect(after?["host_routes"]?["route"]?.arrayValue?.count == 2)
        #expect(after?["allocation_pools"]?.arrayValue?.first == pool)
        #expect(after?["default_gateway"] == "10.5.0.9" && after?["dns_server_address"] == "10.5.0.253")
    }

    // MARK: Ports

    /// A port made through the config API in the member's project, with these properties and references.
    private func configPort(_ cloud: inout Cloud, _ members: JSONObject) throws -> ObjectID {
        let network = try cloud.networkWithSubnet().network
        var all: JSONObject = [
            "fq_name": inProject("p"), "parent_type": "project", "virtual_network_refs": [["uuid": .string(network)]],
        ]
        for member in members { all[member.name] = member.value }
        return try cloud.configMade("virtual-machine-interface", all)
    }

    @Test func `Address pairs stay as Contrail's clients made them when Neutron adds one`() throws {
        var cloud = try Cloud()
        let name = "virtual_machine_interface_allowed_address_pairs"
        let pairs: [JSONValue] = [
            ["ip": ["ip_prefix": "10.0.0.7", "ip_prefix_len": 32], "address_mode": "active-active"],
            [
                "ip": ["ip_prefix": "10.0.0.8", "ip_prefix_len": 32], "mac": "02:aa:00:00:00:01",
                "address_mode": "active-active",
            ],
        ]
        let port = try configPort(&cloud, [name: ["allowed_address_pair": .array(pairs)]])
        var shown = try cloud.show(.ports, port.description)["allowed_address_pairs"]?.arrayValue ?? []
        shown.append(["ip_address": "10.0.0.9/16"])
        let changed = try cloud.update(.ports, port.description, ["allowed_address_pairs": .array(shown)])
        #expect(changed["allowed_address_pairs"]?.arrayValue?.last?["ip_address"] == "10.0.0.9/16")
        let stored = try cloud.configRead("virtual-machine-interface", port)[name]?["allowed_address_pair"]?.arrayValue
        #expect(stored?.prefix(2).elementsEqual(pairs) ?? false, "\(stored ?? [])")
        // A block that the config API takes in no other mode.
        #expect(stored?.last?["address_mode"] == "active-active" && stored?.last?["ip"]?["ip_prefix"] == "10.0.0.0")
        let again = try cloud.configPut(
            "virtual-machine-interface", port,
            [
                name: [
                    "allowed_address_pair": .array(
                        (stored ?? []) + [["ip": ["ip_prefix": "10.0.0.5", "ip_prefix_len": 32]]])
                ]
            ])
        #expect(again.status == 200, "\(again.text)")
        let texts = try cloud.show(.ports, port.description)["allowed_address_pairs"]?.arrayValue?
            .compactMap { $0["ip_address"]?.stringValue }
        #expect(texts == ["10.0.0.7", "10.0.0.8", "10.0.0.9/16", "10.0.0.5"])
    }

    @Test func `Another owner leaves the machine of the config API's with the port`() throws {
        var cloud = try Cloud()
        let machine = try cloud.configMade("virtual-machine", ["fq_name": ["vm-1"]])
        let port = try configPort(&cloud, ["virtual_machine_refs": [["uuid": .string(machine.description)]]])
        let owned = try cloud.update(.ports, port.description, ["device_owner": "compute:nova"])
        #expect(owned["device_id"] == "vm-1" && owned["device_owner"] == "compute:nova")
        let read = try cloud.configRead("virtual-machine-interface", port)
        #expect(read["virtual_machine_refs"]?.arrayValue?.first?["uuid"] == .string(machine.description))
        #expect(read["virtual_machine_interface_disable_policy"] == nil)
    }

    @Test func `A port without groups stays closed when its security is said again or switched on`() throws {
        var cloud = try Cloud()
        let network = try cloud.networkWithSubnet().network
        func groups(_ port: String) throws -> [String] {
            let read = try cloud.configRead("virtual-machine-interface", try id(port))
            return (read["security_group_refs"]?.arrayValue ?? []).compactMap {
                $0["to"]?.arrayValue?.last?.stringValue
            }
        }
        let closed = try cloud.create(.ports, ["network_id": .string(network), "security_groups": []]).made
        #expect(try cloud.update(.ports, closed, ["port_security_enabled": true]).status == 200)
        #expect(try groups(closed) == ["__no_rule__"])
        let open = try cloud.create(.ports, ["network_id": .string(network), "port_security_enabled": false]).made
        let on: JSONValue = ["port_security_enabled": true, "security_groups": []]
        #expect(try cloud.update(.ports, open, on).status == 200)
        #expect(try groups(open) == ["__no_rule__"])
    }

    // MARK: The config API's own

    @Test func `New annotations leave alone what Neutron keeps among them, until it is named`() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, ["name": "n"]).made
        let subnet = try cloud.create(
            .subnets,
            ["network_id": .string(network), "ip_version": 4, "cidr": "10.0.0.0/24", "description": "first floor"]
        ).made
        let own: JSONValue = ["key_value_pair": [["key": "owner", "value": "ada"]]]
        for annotations in [own, nil] as [JSONValue] {
            #expect(try cloud.configPut("virtual-network", try id(network), ["annotations": annotations]).status == 200)
            #expect(try cloud.show(.subnets, subnet)["description"] == "first floor")
        }
        let removal = try cloud.config(
            .updatePropertyCollection(body: [
                "uuid": .string(network),
                "updates": [["field": "annotations", "operation": "delete", "position": "neutron"]],
            ]))
        #expect(removal.status == 200)
        #expect(try cloud.show(.subnets, subnet)["description"] == "")
        #expect(try cloud.configRead("virtual-network", try id(network))["annotations"] == nil)
    }

    @Test func `What chmod left of a network can be written back`() throws {
        var cloud = try Cloud()
        let network = try id(try cloud.create(.networks, ["name": "n"]).made)
        #expect(
            try cloud.config(.changeAccess(body: ["uuid": .string(network.description), "global_access": 5])).status
                == 200)
        let read = try cloud.configRead("virtual-network", network)
        #expect(read["is_shared"] == true && read["perms2"]?["global_access"] == 5)
        for members in [read, ["perms2": read["perms2"] ?? .null]] as [JSONObject] {
            let answer = try cloud.configPut("virtual-network", network, members)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try cloud.configRead("virtual-network", network)["perms2"] == read["perms2"])
            #expect(try cloud.configRead("virtual-network", network)["is_shared"] == true)
        }
        // Said alone it asks for what it means.
        #expect(try cloud.configPut("virtual-network", network, ["is_shared": true]).status == 200)
        #expect(try cloud.configRead("virtual-network", network)["perms2"]?["global_access"] == 7)
    }

    @Test func `A relaxed reference stays relaxed when its list is written`() throws {
        var cloud = try Cloud()
        let project: JSONValue = ["default-domain", "default-project"]
        func name(_ last: String) -> JSONValue { .array((project.arrayValue ?? []) + [.string(last)]) }
        let policies = try ["a", "b"].map { policy in
            try cloud.configMade("network-policy", ["fq_name": name(policy)]).description
        }
        let network = try cloud.configMade(
            "virtual-network",
            ["fq_name": name("n"), "network_policy_refs": [["uuid": .string(policies[0]), "attr": .null]]])
        let relaxation: JSONValue = ["uuid": .string(network.description), "ref-uuid": .string(policies[0])]
        #expect(try cloud.config(.relaxReference(body: relaxation)).status == 200)
        let list = try #require(try cloud.configRead("virtual-network", network)["network_policy_refs"]?.arrayValue)
        let more: JSONValue = .array(list + [["uuid": .string(policies[1]), "attr": .null]])
        #expect(try cloud.configPut("virtual-network", network, ["network_policy_refs": more]).status == 200)
        #expect(try cloud.config(.delete(type: "network-policy", id: policies[0])).status == 200)
        #expect(try cloud.config(.delete(type: "network-policy", id: policies[1])).status == 409)
    }

    @Test func `A router can be written back after its interface got a machine`() throws {
        var cloud = try Cloud()
        let port = try configPort(&cloud, [:])
        let router = try cloud.configMade(
            "logical-router",
            [
                "fq_name": inProject("r"),
                "virtual_machine_interface_refs": [["uuid": .string(port.description)]],
            ])
        let machine = try cloud.configMade("virtual-machine", ["fq_name": ["vm-1"]])
        let link: JSONValue = [["uuid": .string(machine.description)]]
        #expect(try cloud.configPut("virtual-machine-interface", port, ["virtual_machine_refs": link]).status == 200)
        let read = try cloud.configRead("logical-router", router)
        let answer = try cloud.configPut("logical-router", router, read)
        #expect(answer.status == 200, "\(answer.text)")
        // A port with a machine is still refused as a new interface.
        let other = try cloud.configMade("logical-router", ["fq_name": inProject("s")])
        let interfaces: JSONValue = [["uuid": .string(port.description)]]
        #expect(
            try cloud.configPut("logical-router", other, ["virtual_machine_interface_refs": interfaces]).status == 409)
    }

    @Test func `Times and ids of a new object are the server's, whatever id_perms it was read with`() throws {
        var cloud = try Cloud()
        let machine = try cloud.configMade("virtual-machine", ["fq_name": ["vm-1"]])
        let read = try cloud.configRead("virtual-machine", machine)
        let copy = try cloud.configMade(
            "virtual-machine", ["fq_name": ["vm-2"], "id_perms": read["id_perms"] ?? .null])
        let permissions = try cloud.configRead("virtual-machine", copy)["id_perms"]
        #expect(permissions?["uuid"] != read["id_perms"]?["uuid"])
        #expect(permissions?["created"] != read["id_perms"]?["created"])
    }

    @Test func `The default group is taken back, and renamed by nobody`() throws {
        var cloud = try Cloud()
        _ = try cloud.create(.securityGroups, ["name": "web"])
        let group = try #require(try cloud.list(.securityGroups, "name=default").list.first)
        let id = group["id"]?.stringValue ?? ""
        let taken = try cloud.update(.securityGroups, id, ["name": "default", "description": "all"])
        #expect(taken.status == 200 && taken["description"] == "all")
        #expect(try cloud.update(.securityGroups, id, ["name": "web"]).errorType == "SecurityGroupCannotUpdateDefault")
    }
}
