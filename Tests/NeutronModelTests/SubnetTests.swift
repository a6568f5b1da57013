import Addressing
import JSON
import Model
import NeutronModel
import Testing

@Suite struct SubnetTests {
    private func create(
        _ cloud: inout Cloud, _ network: String, _ attributes: JSONObject, as caller: EditContext.Caller = .member
    ) throws -> Reply {
        var body = attributes
        body["network_id"] = .string(network)
        return try cloud.create(.subnets, .object(body), as: caller)
    }

    @Test func aSubnetIsMadeShownListedAndRemoved() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, ["name": "net"]).made
        let made = try create(
            &cloud, network,
            [
                "ip_version": 4, "cidr": "10.1.2.3/24", "name": "sub", "description": "d",
                "dns_nameservers": ["8.8.8.8", "1.1.1.1"],
                "host_routes": [["destination": "192.0.2.0/24", "nexthop": "10.1.2.9"]],
            ])
        #expect(made.status == 201)
        #expect(made["cidr"] == "10.1.2.0/24")
        #expect(made["gateway_ip"] == "10.1.2.1")
        #expect(made["ip_version"] == 4)
        #expect(made["enable_dhcp"] == true)
        #expect(made["allocation_pools"] == [["start": "10.1.2.2", "end": "10.1.2.254"]])
        #expect(made["dns_nameservers"] == ["8.8.8.8", "1.1.1.1"])
        #expect(made["host_routes"] == [["destination": "192.0.2.0/24", "nexthop": "10.1.2.9"]])
        #expect(made["description"] == "d")
        #expect(made["subnetpool_id"] == JSONValue.null)
        #expect(made["ipv6_ra_mode"] == JSONValue.null)
        #expect(made["project_id"] == .string(EditContext.Caller.member.projectID))
        let id = made.made
        #expect(try cloud.show(.subnets, id).body == made.body)
        #expect(try cloud.list(.subnets, "network_id=\(network)").list == [made.content])
        #expect(try cloud.show(.networks, network)["subnets"] == [.string(id)])
        #expect(try cloud.delete(.subnets, id).status == 204)
        #expect(try cloud.show(.subnets, id).status == 404)
        #expect(try cloud.show(.networks, network)["subnets"] == [])
    }

    /// Contrail's service address is the gateway's, so that the second address is a tenant's.
    @Test func nothingButGatewayAndEndsIsReserved() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet("10.0.0.0/30")
        #expect(try cloud.create(.ports, ["network_id": .string(network)]).status == 201)
        let object = try #require(ObjectID(network).flatMap { cloud.snapshot.object($0, type: "virtual-network") })
        let entry = try #require(
            object.references("network_ipam_refs").first?.attribute["ipam_subnets"]?.arrayValue?.first)
        #expect(entry["dns_server_address"] == "10.0.0.1")
        #expect(entry["default_gateway"] == "10.0.0.1")
        #expect(entry["subnet_uuid"] == .string(subnet))
        #expect(entry["addr_from_start"] == true)
        #expect(object.references("network_ipam_refs").first?.fqName == Bootstrap.defaultIPAM)
    }

    @Test(
        arguments: [
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": nil], nil,
                [["start": "10.0.0.1", "end": "10.0.0.254"]]
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.100"], "10.0.0.100",
                [["start": "10.0.0.1", "end": "10.0.0.99"], ["start": "10.0.0.101", "end": "10.0.0.254"]]
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "192.0.2.1"], "192.0.2.1",
                [["start": "10.0.0.1", "end": "10.0.0.254"]]
            ),
            (
                ["ip_version": "6", "cidr": "2001:DB8::/64"], "2001:db8::",
                [["start": "2001:db8::1", "end": "2001:db8::ffff:ffff:ffff:ffff"]]
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/31", "enable_dhcp": false, "gateway_ip": nil], nil,
                [["start": "10.0.0.0", "end": "10.0.0.1"]]
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "allocation_pools": [["start": "10.0.0.20", "end": "10.0.0.30"]],
                ], "10.0.0.1", [["start": "10.0.0.20", "end": "10.0.0.30"]]
            ),
        ] as [(JSONObject, String?, JSONValue)])
    func gatewayAndPools(attributes: JSONObject, gateway: String?, pools: JSONValue) throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, [:]).made
        let made = try create(&cloud, network, attributes)
        #expect(made.status == 201, "\(made.body.text)")
        #expect(made["gateway_ip"] == gateway.map { .string($0) } ?? .null)
        #expect(made["allocation_pools"] == pools)
        #expect(try cloud.show(.subnets, made.made).body == made.body)
    }

    @Test(
        arguments: [
            (["cidr": "10.0.0.0/24"], 400, "Failed to parse request. Required attribute 'ip_version' not specified"),
            (
                ["ip_version": 4], 400,
                "Bad subnets request: a subnetpool must be specified in the absence of a cidr."
            ),
            (
                ["ip_version": 5, "cidr": "10.0.0.0/24"], 400,
                "Invalid input for ip_version. Reason: 5 is not in [4, 6]."
            ),
            (
                ["ip_version": 6, "cidr": "10.0.0.0/24"], 400,
                "Invalid input for operation: cidr '10.0.0.0/24' does not match the ip_version '6'."
            ),
            (
                ["ip_version": 4, "cidr": "nonsense"], 400,
                "Invalid input for operation: nonsense is not in a CIDR format."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.255"], 400,
                "Invalid input for operation: Gateway is not valid on subnet."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "nonsense"], 400,
                "Invalid input for gateway_ip. Reason: 'nonsense' is not a valid IP address."
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "allocation_pools": [["start": "10.0.0.1", "end": "10.0.0.9"]],
                ], 409, "Gateway ip 10.0.0.1 conflicts with allocation pool 10.0.0.1-10.0.0.9."
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "allocation_pools": [["start": "10.0.1.2", "end": "10.0.1.9"]],
                ], 400, "The allocation pool 10.0.1.2-10.0.1.9 spans beyond the subnet cidr 10.0.0.0/24."
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "allocation_pools": [["start": "10.0.0.9", "end": "10.0.0.2"]],
                ], 400, "The allocation pool {'start': '10.0.0.9', 'end': '10.0.0.2'} is not valid."
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "allocation_pools": [
                        ["start": "10.0.0.2", "end": "10.0.0.9"], ["start": "10.0.0.5", "end": "10.0.0.20"],
                    ],
                ], 409,
                "Found overlapping allocation pools: 10.0.0.2-10.0.0.9 10.0.0.5-10.0.0.20 for subnet 10.0.0.0/24."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "dns_nameservers": ["x"]], 400,
                "Invalid input for dns_nameservers. Reason: 'x' is not a valid nameserver. 'x' is not a valid IP address."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "dns_nameservers": ["1.1.1.1", "1.1.1.1"]], 400,
                "Invalid input for dns_nameservers. Reason: Duplicate nameserver '1.1.1.1'."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/32"], 400,
                "Invalid input for operation: Subnet has a prefix length that is incompatible with DHCP service enabled."
            ),
            (
                ["ip_version": 4, "cidr": "224.0.0.0/24"], 400,
                "Invalid input for operation: Multicast IP subnet is not supported if enable_dhcp is True."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "ipv6_ra_mode": "slaac"], 400,
                "Invalid input for operation: ipv6_ra_mode is not valid when ip_version is 4."
            ),
            (
                ["ip_version": 4, "cidr": "10.0.0.0/24", "subnetpool_id": "99999999-9999-4999-8999-999999999999"], 404,
                "Subnet pool 99999999-9999-4999-8999-999999999999 could not be found."
            ),
            (
                [
                    "ip_version": 4, "cidr": "10.0.0.0/24",
                    "host_routes": [["destination": "10.9.0.1/24", "nexthop": "10.0.0.2"]],
                ],
                400, "Invalid input for host_routes. Reason: '10.9.0.1/24' is not a valid CIDR."
            ),
        ] as [(JSONObject, Int, String)])
    func badSubnetsAreRefused(attributes: JSONObject, status: Int, message: String) throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, [:]).made
        let refused = try create(&cloud, network, attributes)
        #expect(refused.status == status)
        #expect(refused.message == message)
        #expect(try cloud.list(.subnets).list.isEmpty)
    }

    @Test func subnetsOfANetworkDoNotOverlap() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet("10.0.0.0/16")
        let refused = try create(&cloud, network, ["ip_version": 4, "cidr": "10.0.7.0/24"])
        #expect(refused.status == 400)
        #expect(
            refused.message
                == "Invalid input for operation: Requested subnet with cidr: 10.0.7.0/24 for network: \(network) overlaps with another subnet."
        )
        let bulk = try cloud.post(
            .subnets,
            [
                "subnets": [
                    ["network_id": .string(network), "ip_version": 4, "cidr": "10.1.0.0/24"],
                    ["network_id": .string(network), "ip_version": 4, "cidr": "10.1.0.0/25"],
                ]
            ])
        #expect(bulk.status == 400)
        #expect(try cloud.list(.subnets).list.count == 1)
        let other = try cloud.create(.networks, [:]).made
        #expect(try create(&cloud, other, ["ip_version": 4, "cidr": "10.0.7.0/24"]).status == 201)
    }

    @Test func aSubnetChanges() throws {
        var cloud = try Cloud()
        let (_, subnet) = try cloud.networkWithSubnet()
        let changed = try cloud.update(
            .subnets, subnet,
            [
                "name": "new", "description": "text", "gateway_ip": nil, "enable_dhcp": false,
                "dns_nameservers": ["10.0.0.9"], "host_routes": nil,
            ])
        #expect(changed.status == 200)
        #expect(changed["name"] == "new")
        #expect(changed["description"] == "text")
        #expect(changed["gateway_ip"] == JSONValue.null)
        #expect(changed["enable_dhcp"] == false)
        #expect(changed["dns_nameservers"] == ["10.0.0.9"])
        #expect((changed["revision_number"]?.integerValue ?? 0) > 1)
        #expect(changed["allocation_pools"] == [["start": "10.0.0.2", "end": "10.0.0.254"]])
        let conflict = try cloud.update(.subnets, subnet, ["gateway_ip": "10.0.0.7"])
        #expect(conflict.errorType == "GatewayConflictWithAllocationPools")
        let pools = try cloud.update(
            .subnets, subnet,
            ["allocation_pools": [["start": "10.0.0.50", "end": "10.0.0.60"]], "gateway_ip": "10.0.0.7"])
        #expect(pools["gateway_ip"] == "10.0.0.7")
        #expect(pools["description"] == "text")
        let fixed = try cloud.update(.subnets, subnet, ["cidr": "10.0.0.0/25"])
        #expect(fixed.message == "Cannot update read-only attribute cidr")
    }

    @Test func aSubnetWithPortsStays() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let port = try cloud.create(.ports, ["network_id": .string(network)]).made
        let refused = try cloud.delete(.subnets, subnet)
        #expect(refused.status == 409)
        #expect(
            refused.message
                == "Unable to complete operation on subnet \(subnet): One or more ports have an IP allocation from this subnet."
        )
        _ = try cloud.delete(.ports, port)
        #expect(try cloud.delete(.subnets, subnet).status == 204)
    }

    @Test func onlyTheOwnerAddsSubnets() throws {
        var cloud = try Cloud()
        let shared = try cloud.create(.networks, ["shared": true], as: .admin).made
        let refused = try create(&cloud, shared, ["ip_version": 4, "cidr": "10.0.0.0/24"])
        #expect(refused.status == 403)
        let own = try cloud.create(.networks, [:]).made
        #expect(try create(&cloud, own, ["ip_version": 4, "cidr": "10.0.0.0/24"], as: .other).status == 404)
        #expect(try create(&cloud, shared, ["ip_version": 4, "cidr": "10.0.0.0/24"], as: .admin).status == 201)
        #expect(try cloud.list(.subnets).list.count == 1)
    }
}
