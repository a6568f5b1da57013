import JSON
import Model
import NeutronModel
import Testing

/// Requests as large as a body may be, with quotas and without. What grew with the square of their size would not end within
/// the limit.
@Suite(.timeLimit(.minutes(1))) struct BoundedWorkTests {
    private static func withoutQuotas() throws -> Cloud {
        var cloud = try Cloud()
        let limits = JSONObject(QuotaResource.allCases.map { ($0.rawValue, .integer(-1)) })
        let reply = try cloud.write(.admin) { (rules, edit) throws(NeutronError) in
            try rules.updateQuota(
                EditContext.Caller.member.projectID, body: ["quota": .object(limits)], edit: &edit)
        }
        try #require(reply.status == 200)
        return cloud
    }

    private static func rules(_ group: String, _ count: Int) -> JSONValue {
        [
            "security_group_rules": .array(
                (0..<count).map { number in
                    [
                        "security_group_id": .string(group), "direction": "ingress",
                        "remote_ip_prefix": .string("10.\(number >> 8).\(number & 255).0/24"),
                    ]
                })
        ]
    }

    @Test func moreObjectsThanARequestMayMakeAreRefusedUnread() throws {
        var cloud = try Self.withoutQuotas()
        for count in [EditLimits.objects + 1, 300_000] {
            let reply = try cloud.post(.networks, ["networks": .array(Array(repeating: [:], count: count))])
            #expect(reply.status == 413)
            #expect(reply.errorType == "HTTPRequestEntityTooLarge")
            #expect(
                reply.message == "\(count) objects are too many for one request: ask for at most 500 at once.")
        }
        #expect(try cloud.list(.networks).list.isEmpty)
    }

    @Test func theQuotaIsAskedBeforeRulesAreCompared() throws {
        var cloud = try Cloud()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        // Two of them are the same, which is found later.
        var bulk = Self.rules(group, 400)["security_group_rules"]?.arrayValue ?? []
        bulk.append(bulk[0])
        let reply = try cloud.post(.securityGroupRules, ["security_group_rules": .array(bulk)])
        #expect(reply.errorType == "OverQuota")
    }

    @Test func aGroupOfManyRulesGrowsAndGoes() throws {
        var cloud = try Self.withoutQuotas()
        let group = try cloud.create(.securityGroups, ["name": "web"]).made
        for part in 0..<3 {
            let all = Self.rules(group, 400 * (part + 1))["security_group_rules"]?.arrayValue ?? []
            let reply = try cloud.post(.securityGroupRules, ["security_group_rules": .array(Array(all.suffix(400)))])
            try #require(reply.status == 201, "\(reply.body.text)")
            #expect(reply.list.count == 400)
            #expect(
                reply.values("remote_ip_prefix") == all.suffix(400).compactMap { $0["remote_ip_prefix"]?.stringValue })
        }
        let same = try cloud.post(.securityGroupRules, Self.rules(group, 1))
        #expect(same.errorType == "SecurityGroupRuleExists")
        let rule = try #require(try cloud.list(.securityGroupRules, "limit=1&direction=ingress").list.first)
        #expect(try cloud.delete(.securityGroupRules, rule["id"]?.stringValue ?? "").status == 204)
        #expect(try cloud.delete(.securityGroups, group).status == 204)
        #expect(try cloud.list(.securityGroupRules, "security_group_id=\(group)").list.isEmpty)
    }

    @Test func aPortHasSoManyAddresses() throws {
        var cloud = try Self.withoutQuotas()
        let (network, subnet) = try cloud.networkWithSubnet("10.0.0.0/16")
        func create(_ count: Int) throws -> Reply {
            try cloud.create(
                .ports,
                [
                    "network_id": .string(network),
                    "fixed_ips": .array(Array(repeating: ["subnet_id": .string(subnet)], count: count)),
                ])
        }
        for count in [129, 20_000] {
            let refused = try create(count)
            #expect(refused.status == 400)
            #expect(
                refused.message
                    == "Invalid input for operation: Exceeded maximum amount of fixed ips per port.")
        }
        let port = try create(128)
        #expect(port["fixed_ips"]?.arrayValue?.count == 128)
        #expect(try cloud.delete(.ports, port.made).status == 204)
    }

    @Test(
        arguments: [
            ("security_groups", .array(Array(repeating: "11111111-1111-4111-8111-111111111111", count: 26_000))),
            ("extra_dhcp_opts", .array((0..<15_000).map { ["opt_name": .string("o\($0)"), "opt_value": "v"] })),
            ("allowed_address_pairs", .array((0..<20_000).map { ["ip_address": .string("10.0.0.\($0)")] })),
            (
                "extra_dhcp_opts",
                [
                    .object(JSONObject((0..<30_000).map { ("m\($0)", 1) })),
                    .object(JSONObject((0..<30_000).reversed().map { ("m\($0)", 1) })),
                ]
            ),
        ] as [(String, JSONValue)])
    func longListsOfAPortAreRefused(name: String, list: JSONValue) throws {
        var cloud = try Self.withoutQuotas()
        let (network, _) = try cloud.networkWithSubnet()
        #expect(try cloud.create(.ports, ["network_id": .string(network), name: list] as JSONValue).status == 400)
    }

    @Test func anOptionIsReplacedByItsNameAndVersion() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        func option(_ name: String, _ value: JSONValue, _ version: Int = 4) -> JSONValue {
            ["opt_name": .string(name), "opt_value": value, "ip_version": .integer(version)]
        }
        let port = try cloud.create(
            .ports,
            [
                "network_id": .string(network),
                "extra_dhcp_opts": [option("a", "1"), option("b", "1"), option("a", "6", 6), option("a", "2")],
            ])
        #expect(port["extra_dhcp_opts"] == [option("b", "1"), option("a", "6", 6), option("a", "2")])
        let changed = try cloud.update(
            .ports, port.made, ["extra_dhcp_opts": [option("b", nil), option("c", "1"), option("a", "3")]])
        #expect(changed["extra_dhcp_opts"] == [option("a", "6", 6), option("c", "1"), option("a", "3")])
    }

    @Test func subnetsOfOneRequestChangeTheirNetworkOnce() throws {
        var cloud = try Self.withoutQuotas()
        let network = try cloud.create(.networks, [:]).made
        for part in 0..<2 {
            let blocks = (0..<400).map { number -> JSONValue in
                [
                    "network_id": .string(network), "ip_version": 4, "name": .string("s\(part * 400 + number)"),
                    "cidr": .string("10.\(part * 4 + number >> 8).\(number & 255).0/24"), "description": "d",
                ]
            }
            let reply = try cloud.post(.subnets, ["subnets": .array(blocks)])
            try #require(reply.status == 201, "\(reply.message ?? "")")
            #expect(reply.values("name") == (0..<400).map { "s\(part * 400 + $0)" })
            #expect(reply.values("description") == Array(repeating: "d", count: 400))
        }
        #expect(try cloud.list(.subnets).list.count == 800)
        let port = try cloud.create(.ports, ["network_id": .string(network)])
        #expect(port["fixed_ips"]?.arrayValue?.count == 1)
    }

    @Test func aSubnetHasSoManyPoolsServersAndRoutes() throws {
        var cloud = try Self.withoutQuotas()
        let network = try cloud.create(.networks, [:]).made
        func create(_ name: String, _ list: [JSONValue]) throws -> Reply {
            try cloud.create(
                .subnets,
                ["network_id": .string(network), "ip_version": 4, "cidr": "10.0.0.0/16", name: .array(list)]
                    as JSONValue)
        }
        func address(_ number: Int) -> JSONValue { .string("10.0.\(number >> 8).\(number & 255)") }
        let pools = (2..<20_000).map { number -> JSONValue in
            ["start": address(2 * number), "end": address(2 * number)]
        }
        #expect(try create("allocation_pools", pools).errorType == "InvalidInput")
        #expect(try create("dns_nameservers", (0..<40_000).map(address)).errorType == "DNSNameServersExhausted")
        let routes = (0..<15_000).map { number -> JSONValue in
            ["destination": "192.0.2.0/24", "nexthop": address(number)]
        }
        #expect(try create("host_routes", routes).errorType == "HostRoutesExhausted")
        let overlapping = try create(
            "allocation_pools", [pools[9], pools[3], ["start": "10.0.0.20", "end": "10.0.0.25"]])
        #expect(overlapping.errorType == "OverlappingAllocationPools")
        #expect(try create("allocation_pools", Array(pools.prefix(256).reversed())).status == 201)
    }

    /// Both names of the project were compared as whatever they are, and that doubled with each level.
    @Test func nestedProjectsAreRefused() throws {
        func nested(_ innermost: JSONValue) -> JSONValue {
            (0..<55).reduce(innermost) { value, _ in ["a": value] }
        }
        var cloud = try Cloud()
        let reply = try cloud.create(.networks, ["project_id": nested(1), "tenant_id": nested(2)])
        #expect(reply.status == 400)
    }
}
