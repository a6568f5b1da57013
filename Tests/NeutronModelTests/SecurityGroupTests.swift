import Addressing
import JSON
import Model
import NeutronModel
import Testing

@Suite struct SecurityGroupTests {
    private func rule(
        _ cloud: inout Cloud, _ group: String, _ attributes: JSONObject, as caller: EditContext.Caller = .member
    ) throws -> Reply {
        var body: JSONObject = ["security_group_id": .string(group), "direction": "ingress"]
        for member in attributes { body[member.name] = member.value }
        return try cloud.create(.securityGroupRules, .object(body), as: caller)
    }

    @Test func aGroupLetsEverythingOut() throws {
        var cloud = try Cloud()
        let made = try cloud.create(.securityGroups, ["name": "web", "description": "d"])
        #expect(made.status == 201)
        #expect(made["name"] == "web")
        #expect(made["description"] == "d")
        let rules = made["security_group_rules"]?.arrayValue ?? []
        #expect(rules.count == 2)
        #expect(Set(rules.compactMap { $0["ethertype"]?.stringValue }) == ["IPv4", "IPv6"])
        for rule in rules {
            #expect(rule["direction"] == "egress")
            for name in ["protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id"] {
                #expect(rule[name] == JSONValue.null)
            }
        }
        #expect(try cloud.show(.securityGroups, made.made).body == made.body)
        #expect(try cloud.list(.securityGroupRules, "security_group_id=\(made.made)").list.count == 2)
        #expect(try cloud.delete(.securityGroups, made.made).status == 204)
        #expect(try cloud.list(.securityGroupRules, "security_group_id=\(made.made)").list.isEmpty)
    }

    @Test func everyProjectHasADefaultGroup() throws {
        var cloud = try Cloud()
        #expect(NeutronRules.lacksDefaultGroup(.member, in: cloud.snapshot))
        _ = try cloud.write(.member) { (rules, edit) throws(NeutronError) in try rules.makeDefaultGroup(edit: &edit) }
        #expect(!NeutronRules.lacksDefaultGroup(.member, in: cloud.snapshot))
        let group = try #require(try cloud.list(.securityGroups).list.first)
        let id = group["id"]?.stringValue ?? ""
        #expect(group["name"] == "default")
        let rules = group["security_group_rules"]?.arrayValue ?? []
        #expect(rules.filter { $0["direction"] == "ingress" }.allSatisfy { $0["remote_group_id"] == .string(id) })
        #expect(rules.count == 4)
        #expect(rules.allSatisfy { $0["port_range_min"] == JSONValue.null && $0["protocol"] == JSONValue.null })
        #expect(try cloud.list(.securityGroups, as: .other).list.isEmpty)
        let second = try cloud.create(.securityGroups, ["name": "Default"])
        #expect(second.status == 409)
        #expect(second.errorType == "SecurityGroupDefaultAlreadyExists")
        #expect(try cloud.delete(.securityGroups, id).errorType == "SecurityGroupCannotRemoveDefault")
        #expect(try cloud.update(.securityGroups, id, ["name": "x"]).errorType == "SecurityGroupCannotUpdateDefault")
        #expect(try cloud.update(.securityGroups, id, ["description": "x"])["description"] == "x")
    }

    /// What a client says comes back as it said it.
    @Test(
        arguments: [
            [:],
            ["protocol": "tcp", "port_range_min": 80, "port_range_max": 443],
            ["protocol": "udp", "port_range_min": "53", "port_range_max": "53", "remote_ip_prefix": "10.0.0.0/8"],
            ["protocol": "icmp"],
            ["protocol": "icmp", "port_range_min": 8],
            ["protocol": "icmp", "port_range_min": 3, "port_range_max": 0],
            ["protocol": "ipv6-icmp", "ethertype": "IPv6"],
            ["protocol": "47"],
            ["protocol": "gre", "description": "tunnels"],
            ["protocol": "6"],
            ["remote_ip_prefix": "0.0.0.0/0"],
            ["remote_ip_prefix": "::/0", "ethertype": "IPv6"],
            ["remote_ip_prefix": "10.0.0.7/24"],
            ["direction": "egress", "remote_ip_prefix": "192.0.2.0/24", "protocol": "tcp"],
            ["description": "all of it"],
        ] as [JSONObject])
    func rulesComeBackAsTheyWere(attributes: JSONObject) throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let made = try rule(&cloud, group, attributes)
        #expect(made.status == 201, "\(made.body.text)")
        let defaults: JSONObject = [
            "direction": "ingress", "ethertype": "IPv4", "protocol": nil, "port_range_min": nil, "port_range_max": nil,
            "remote_ip_prefix": nil, "remote_group_id": nil, "description": "",
        ]
        for member in defaults {
            var wanted = attributes[member.name] ?? member.value
            if let number = wanted.stringValue.flatMap(Int.init), member.name.hasPrefix("port") {
                wanted = .integer(number)
            }
            #expect(made[member.name] == wanted, "\(member.name)")
        }
        #expect(try cloud.show(.securityGroupRules, made.made).body == made.body)
    }

    /// Contrail's clients read the rule in their own terms.
    @Test func theConfigAPIHasTheSameRule() throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let id = try rule(&cloud, group, ["protocol": "gre"]).made
        let object = try #require(ObjectID(group).flatMap { cloud.snapshot.object($0, type: "security-group") })
        let rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        let stored = try #require(rules.first { $0["rule_uuid"] == .string(id) })
        #expect(stored["protocol"] == "47")
        #expect(stored["dst_ports"] == [["start_port": -1, "end_port": -1]])
        #expect(stored["src_addresses"] == [["subnet": ["ip_prefix": "0.0.0.0", "ip_prefix_len": 0]]])
        #expect(stored["dst_addresses"] == [["security_group": "local"]])
    }

    @Test(
        arguments: [
            (["direction": "sideways"], "HTTPBadRequest"),
            (["protocol": "nonsense"], "SecurityGroupRuleInvalidProtocol"),
            (["protocol": 300], "SecurityGroupRuleInvalidProtocol"),
            (["port_range_min": 1, "port_range_max": 2], "SecurityGroupProtocolRequiredWithPorts"),
            (["protocol": "tcp", "port_range_min": 5, "port_range_max": 2], "SecurityGroupInvalidPortRange"),
            (["protocol": "tcp", "port_range_min": 5], "SecurityGroupInvalidPortRange"),
            (["protocol": "tcp", "port_range_min": 0, "port_range_max": 2], "SecurityGroupInvalidPortValue"),
            (["protocol": "tcp", "port_range_min": 70000, "port_range_max": 70001], "SecurityGroupInvalidPortValue"),
            (["protocol": "icmp", "port_range_min": 300], "SecurityGroupInvalidIcmpValue"),
            (["protocol": "icmp", "port_range_max": 3], "SecurityGroupMissingIcmpType"),
            (["protocol": "esp", "port_range_min": 1, "port_range_max": 2], "SecurityGroupInvalidProtocolForPort"),
            (["ethertype": "IPv5"], "SecurityGroupRuleInvalidEtherType"),
            (["remote_ip_prefix": "nonsense"], "InvalidCIDR"),
            (["remote_ip_prefix": "2001:db8::/32"], "SecurityGroupRuleParameterConflict"),
            (["protocol": "ipv6-icmp"], "SecurityGroupEthertypeConflictWithProtocol"),
            (
                ["remote_ip_prefix": "10.0.0.0/8", "remote_group_id": "99999999-9999-4999-8999-999999999999"],
                "SecurityGroupMultipleRemoteEntites"
            ),
            (["colour": "red"], "HTTPBadRequest"),
        ] as [(JSONObject, String)])
    func badRulesAreRefused(attributes: JSONObject, type: String) throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let refused = try rule(&cloud, group, attributes)
        #expect(refused.status == 400)
        #expect(refused.errorType == type)
        #expect(try cloud.list(.securityGroupRules, "security_group_id=\(group)").list.count == 2)
    }

    @Test func aRuleIsThereOnce() throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let first = try rule(&cloud, group, ["protocol": "tcp", "port_range_min": 22, "port_range_max": 22]).made
        let again = try rule(
            &cloud, group,
            ["protocol": "6", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0"])
        #expect(again.status == 409)
        #expect(again.message == "Security group rule already exists. Rule id is \(first).")
        let pair: JSONValue = ["security_group_id": .string(group), "direction": "ingress", "protocol": "udp"]
        let bulk = try cloud.post(.securityGroupRules, ["security_group_rules": [pair, pair]])
        #expect(bulk.errorType == "DuplicateSecurityGroupRuleInPost")
        #expect(try cloud.delete(.securityGroupRules, first).status == 204)
        #expect(try cloud.show(.securityGroupRules, first).status == 404)
    }

    @Test func rulesReferToGroups() throws {
        var cloud = try Cloud()
        let web = try cloud.create(.securityGroups, ["name": "web"]).made
        let base = try cloud.create(.securityGroups, ["name": "base"]).made
        let made = try rule(&cloud, base, ["remote_group_id": .string(web), "protocol": "tcp"])
        #expect(made["remote_group_id"] == .string(web))
        #expect(try cloud.list(.securityGroupRules, "remote_group_id=\(web)").values("id") == [made.made])
        let foreign = try rule(&cloud, base, ["remote_group_id": "99999999-9999-4999-8999-999999999999"])
        #expect(foreign.status == 404)
        // The rule goes with the group that it refers to, as Neutron's does.
        #expect(try cloud.delete(.securityGroups, web).status == 204)
        #expect(try cloud.show(.securityGroupRules, made.made).status == 404)
        #expect(try cloud.list(.securityGroupRules, "security_group_id=\(base)").list.count == 2)
    }

    @Test func aGroupInUseStays() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let port = try cloud.create(
            .ports, ["network_id": .string(network), "security_groups": [.string(group)]])
        #expect(port["security_groups"] == [.string(group)])
        #expect(try cloud.list(.ports, "security_groups=\(group)").values("id") == [port.made])
        let refused = try cloud.delete(.securityGroups, group)
        #expect(refused.status == 409)
        #expect(refused.message == "Security Group \(group) in use.")
        _ = try cloud.update(.ports, port.made, ["security_groups": []])
        #expect(try cloud.delete(.securityGroups, group).status == 204)
    }

    @Test func groupsOfOthersAreNotThere() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet(as: .other)
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        #expect(try cloud.show(.securityGroups, group, as: .other).status == 404)
        #expect(try rule(&cloud, group, [:], as: .other).status == 404)
        let port = try cloud.create(
            .ports, ["network_id": .string(network), "security_groups": [.string(group)]], as: .other)
        #expect(port.status == 404)
        #expect(port.message == "Security group \(group) does not exist")
    }

    /// Rules that Contrail's clients write are shown in Neutron's terms.
    @Test func contrailsRulesAreShown() throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        let id = try #require(ObjectID(group))
        var edit = cloud.edit(.admin)
        let object = try #require(edit.object(id))
        var properties = object.properties
        properties["security_group_entries"] = [
            "policy_rule": [
                [
                    "direction": ">", "protocol": "tcp", "ethertype": "IPv4",
                    "src_addresses": [["subnet": ["ip_prefix": "10.0.0.0", "ip_prefix_len": 8]]],
                    "src_ports": [["start_port": 0, "end_port": 65535]], "dst_addresses": [["security_group": "local"]],
                    "dst_ports": [["start_port": 0, "end_port": 65535]],
                ]
            ]
        ]
        try edit.change(id, properties: properties, references: object.references)
        try cloud.commit(edit)
        let rules = try cloud.list(.securityGroupRules, "security_group_id=\(group)").list
        #expect(rules.count == 1)
        #expect(rules.first?["direction"] == "ingress")
        #expect(rules.first?["remote_ip_prefix"] == "10.0.0.0/8")
        #expect(rules.first?["port_range_max"] == JSONValue.null)
    }
}
