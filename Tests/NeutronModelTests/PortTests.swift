import Addressing
import JSON
import Model
import NeutronModel
import Testing

@Suite struct PortTests {
    @Test func aPortHasAddressesAndTheDefaultGroup() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let made = try cloud.create(.ports, ["network_id": .string(network), "name": "p"])
        #expect(made.status == 201)
        #expect(made["fixed_ips"] == [["subnet_id": .string(subnet), "ip_address": "10.0.0.2"]])
        #expect(made["mac_address"]?.stringValue?.hasPrefix("fa:16:3e:") == true)
        #expect(made["status"] == "DOWN")
        #expect(made["device_id"] == "")
        #expect(made["binding:vnic_type"] == "normal")
        #expect(made["binding:vif_type"] == nil)
        let group = try cloud.list(.securityGroups, "name=default").values("id")
        #expect(made["security_groups"] == .array(group.map { .string($0) }))
        #expect(try cloud.show(.ports, made.made).body == made.body)
        #expect(try cloud.show(.ports, made.made, as: .admin)["binding:vif_type"] == "unbound")
    }

    @Test func addressesAreUniqueAndComeBack() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet("10.0.0.0/29")
        var ports: [String] = []
        for _ in 0..<5 { ports.append(try cloud.create(.ports, ["network_id": .string(network)]).made) }
        let full = try cloud.create(.ports, ["network_id": .string(network)])
        #expect(full.status == 409)
        #expect(full.errorType == "IpAddressGenerationFailure")
        #expect(full.message == "No more IP addresses available on network \(network).")
        #expect(try cloud.delete(.ports, ports[2]).status == 204)
        let again = try cloud.create(.ports, ["network_id": .string(network)])
        #expect(again["fixed_ips"]?.arrayValue?.first?["ip_address"] == "10.0.0.4")
        let addresses = try cloud.list(.ports).list.compactMap {
            $0["fixed_ips"]?.arrayValue?.first?["ip_address"]?.stringValue
        }
        #expect(Set(addresses) == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
    }

    @Test func aPortHasOneAddressOfEachFamily() throws {
        var cloud = try Cloud()
        let (network, first) = try cloud.networkWithSubnet()
        let second = try cloud.create(
            .subnets, ["network_id": .string(network), "ip_version": 6, "cidr": "2001:db8::/64"]
        ).made
        let made = try cloud.create(.ports, ["network_id": .string(network)])
        #expect(
            made["fixed_ips"] == [
                ["subnet_id": .string(first), "ip_address": "10.0.0.2"],
                ["subnet_id": .string(second), "ip_address": "2001:db8::1"],
            ])
    }

    @Test func hostsMakeTheirOwnAddresses() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, [:]).made
        let subnet = try cloud.create(
            .subnets,
            [
                "network_id": .string(network), "ip_version": 6, "cidr": "2001:db8::/64", "ipv6_ra_mode": "slaac",
                "ipv6_address_mode": "slaac",
            ]
        ).made
        let made = try cloud.create(
            .ports, ["network_id": .string(network), "mac_address": "fa:16:3e:00:00:01", "fixed_ips": []])
        #expect(made["fixed_ips"] == [["subnet_id": .string(subnet), "ip_address": "2001:db8::f816:3eff:fe00:1"]])
    }

    @Test func addressesByWish() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let made = try cloud.create(
            .ports,
            [
                "network_id": .string(network),
                "fixed_ips": [["ip_address": "10.0.0.77"], ["subnet_id": .string(subnet)]],
            ])
        #expect(
            made["fixed_ips"]?.arrayValue?.compactMap { $0["ip_address"]?.stringValue } == ["10.0.0.2", "10.0.0.77"])
        let taken = try cloud.create(
            .ports, ["network_id": .string(network), "fixed_ips": [["ip_address": "10.0.0.77"]]])
        #expect(taken.status == 409)
        #expect(taken.errorType == "IpAddressAlreadyAllocated")
        #expect(taken.message == "IP address 10.0.0.77 already allocated in subnet \(subnet)")
        let none = try cloud.create(.ports, ["network_id": .string(network), "fixed_ips": []])
        #expect(none["fixed_ips"] == [])
    }

    @Test(
        arguments: [
            ([["ip_address": "192.0.2.1"]], 400, "InvalidIpForNetwork"),
            ([["ip_address": "10.0.0.255"]], 400, "InvalidIpForNetwork"),
            ([["ip_address": "10.0.0.5"], ["ip_address": "10.0.0.5"]], 400, "HTTPBadRequest"),
            ([["ip_address": "nonsense"]], 400, "HTTPBadRequest"),
            ([["subnet_id": "nonsense"]], 400, "HTTPBadRequest"),
            ([["subnet_id": "99999999-9999-4999-8999-999999999999"]], 404, "SubnetNotFound"),
            ([[:]], 400, "InvalidInput"),
            ("x", 400, "HTTPBadRequest"),
            ([5], 400, "HTTPBadRequest"),
        ] as [(JSONValue, Int, String)])
    func badWishesAreRefused(fixed: JSONValue, status: Int, type: String) throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let refused = try cloud.create(.ports, ["network_id": .string(network), "fixed_ips": fixed])
        #expect(refused.status == status)
        #expect(refused.errorType == type)
        #expect(try cloud.list(.ports).list.isEmpty)
    }

    @Test func aPortOfAnotherSubnetIsRefused() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let (_, foreign) = try cloud.networkWithSubnet()
        let refused = try cloud.create(
            .ports, ["network_id": .string(network), "fixed_ips": [["subnet_id": .string(foreign)]]])
        #expect(refused.status == 400)
        #expect(
            refused.message
                == "Invalid input for operation: Failed to create port on network \(network), because fixed_ips included invalid subnet \(foreign)."
        )
    }

    @Test func macAddressesAreUniqueInANetwork() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let body: JSONValue = ["network_id": .string(network), "mac_address": "FA-16-3E-00-00-01"]
        #expect(try cloud.create(.ports, body)["mac_address"] == "fa:16:3e:00:00:01")
        let refused = try cloud.create(.ports, body)
        #expect(refused.status == 409)
        #expect(refused.errorType == "MacAddressInUse")
        #expect(
            refused.message
                == "Unable to complete operation for network \(network). The mac address fa:16:3e:00:00:01 is in use.")
        let bad = try cloud.create(.ports, ["network_id": .string(network), "mac_address": "nonsense"])
        #expect(bad.message == "Invalid input for mac_address. Reason: 'nonsense' is not a valid MAC address.")
    }

    @Test func novaBindsAPort() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let device = "50999bdb-5c1f-4495-a338-11099dd20228"
        let id = try cloud.create(
            .ports,
            [
                "network_id": .string(network), "device_id": .string(device), "admin_state_up": true,
                "tenant_id": .string(EditContext.Caller.member.projectID),
            ]
        ).made
        #expect(try cloud.list(.ports, "device_id=\(device)").values("id") == [id])
        #expect(cloud.snapshot.object(type: "virtual-machine", fqName: [device])?.id.description == device)
        let bound = try cloud.update(
            .ports, id,
            ["device_id": .string(device), "device_owner": "compute:nova", "binding:host_id": "host1"], as: .admin)
        #expect(bound["binding:vif_type"] == "ovs")
        #expect(bound["binding:host_id"] == "host1")
        #expect(bound["device_owner"] == "compute:nova")
        let unbound = try cloud.update(
            .ports, id, ["device_id": "", "device_owner": "", "binding:host_id": nil, "binding:profile": [:]],
            as: .admin)
        #expect(unbound["binding:vif_type"] == "unbound")
        #expect(unbound["device_id"] == "")
        #expect(cloud.snapshot.object(type: "virtual-machine", fqName: [device]) == nil)
        #expect(try cloud.delete(.ports, id).status == 204)
        #expect(cloud.snapshot.objects(ofType: "instance-ip").isEmpty)
    }

    @Test func bindingIsForServices() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let refused = try cloud.create(.ports, ["network_id": .string(network), "binding:host_id": "h"])
        #expect(refused.status == 403)
        #expect(refused.message == "(rule:create_port and rule:create_port:binding:host_id) is disallowed by policy")
    }

    @Test func addressesOfAPortChange() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let id = try cloud.create(.ports, ["network_id": .string(network)]).made
        let more = try cloud.update(
            .ports, id, ["fixed_ips": [["subnet_id": .string(subnet)], ["ip_address": "10.0.0.9"]]])
        #expect(
            more["fixed_ips"]?.arrayValue?.compactMap { $0["ip_address"]?.stringValue } == ["10.0.0.2", "10.0.0.9"])
        let fewer = try cloud.update(.ports, id, ["fixed_ips": [["ip_address": "10.0.0.9"]]])
        #expect(fewer["fixed_ips"] == [["subnet_id": .string(subnet), "ip_address": "10.0.0.9"]])
        #expect(try cloud.show(.ports, id).body == fewer.body)
        let next = try cloud.create(.ports, ["network_id": .string(network)])
        #expect(next["fixed_ips"]?.arrayValue?.first?["ip_address"] == "10.0.0.2")
    }

    @Test func portsOnNetworksOfOthers() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        #expect(try cloud.create(.ports, ["network_id": .string(network)], as: .other).status == 404)
        _ = try cloud.update(.networks, network, ["shared": true], as: .admin)
        let port = try cloud.create(.ports, ["network_id": .string(network)], as: .other)
        #expect(port.status == 201)
        // The network's owner sees the ports on it.
        #expect(try cloud.list(.ports).values("id") == [port.made])
        let refused = try cloud.create(
            .ports, ["network_id": .string(network), "mac_address": "fa:16:3e:00:00:01"], as: .other)
        #expect(refused.message == "(rule:create_port and rule:create_port:mac_address) is disallowed by policy")
    }

    @Test func addressPairsAndOptions() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let made = try cloud.create(
            .ports,
            [
                "network_id": .string(network), "mac_address": "fa:16:3e:00:00:01",
                "allowed_address_pairs": [
                    ["ip_address": "10.0.0.0/25"], ["ip_address": "10.0.0.200", "mac_address": "fa:16:3e:00:00:02"],
                ],
                "extra_dhcp_opts": [
                    ["opt_name": "tftp-server", "opt_value": "10.0.0.3"],
                    ["opt_name": "dns", "opt_value": "::1", "ip_version": "6"],
                ],
            ])
        #expect(
            made["allowed_address_pairs"] == [
                ["ip_address": "10.0.0.0/25", "mac_address": "fa:16:3e:00:00:01"],
                ["ip_address": "10.0.0.200", "mac_address": "fa:16:3e:00:00:02"],
            ])
        #expect(
            made["extra_dhcp_opts"] == [
                ["opt_name": "tftp-server", "opt_value": "10.0.0.3", "ip_version": 4],
                ["opt_name": "dns", "opt_value": "::1", "ip_version": 6],
            ])
        let changed = try cloud.update(
            .ports, made.made,
            ["allowed_address_pairs": [], "extra_dhcp_opts": [["opt_name": "tftp-server", "opt_value": nil]]])
        #expect(changed["allowed_address_pairs"] == [])
        #expect(changed["extra_dhcp_opts"] == [["opt_name": "dns", "opt_value": "::1", "ip_version": 6]])
    }

    @Test func portsWithoutSecurity() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let open = try cloud.create(.ports, ["network_id": .string(network), "port_security_enabled": false])
        #expect(open["security_groups"] == [])
        let closed = try cloud.create(.ports, ["network_id": .string(network), "security_groups": []])
        #expect(closed["security_groups"] == [])
        let interface = try #require(
            ObjectID(closed.made).flatMap { cloud.snapshot.object($0, type: "virtual-machine-interface") })
        #expect(interface.references("security_group_refs").map(\.fqName) == [Bootstrap.noRuleGroup])
        let pairs = try cloud.create(
            .ports,
            [
                "network_id": .string(network), "port_security_enabled": false,
                "allowed_address_pairs": [["ip_address": "10.0.0.7"]],
            ])
        #expect(pairs.errorType == "AddressPairAndPortSecurityRequired")
        let closing = try cloud.create(.ports, ["network_id": .string(network)]).made
        #expect(
            try cloud.update(.ports, closing, ["port_security_enabled": false]).errorType
                == "PortSecurityPortHasSecurityGroup")
        #expect(
            try cloud.update(.ports, closing, ["port_security_enabled": false, "security_groups": []]).status == 200)
    }

    /// A replica that has not seen the subnet must not give a port without addresses.
    @Test func aStaleDecisionIsRefusedByTheStore() throws {
        var cloud = try Cloud()
        let network = try cloud.create(.networks, [:]).made
        var stale = cloud.edit(.member)
        let answer = try NeutronRules(index: cloud.index)
            .create(.ports, body: ["port": ["network_id": .string(network)]], edit: &stale)
        #expect(try Reply(answer)["fixed_ips"] == [])
        _ = try cloud.create(.subnets, ["network_id": .string(network), "ip_version": 4, "cidr": "10.0.0.0/24"])
        #expect(try !cloud.commit(stale))
    }

    /// Two controllers decide on the same state: one of them is refused.
    @Test func oneAddressIsGivenOnce() throws {
        var cloud = try Cloud()
        let (network, _) = try cloud.networkWithSubnet()
        let body: JSONValue = ["port": ["network_id": .string(network)]]
        let rules = NeutronRules(index: cloud.index)
        var first = cloud.edit(.member)
        var second = cloud.edit(.member)
        _ = try rules.create(.ports, body: body, edit: &first)
        _ = try rules.create(.ports, body: body, edit: &second)
        #expect(try cloud.commit(first))
        #expect(try !cloud.commit(second))
    }

    /// A subnet is not removed under a port that was made meanwhile.
    @Test func aSubnetIsNotRemovedUnderANewPort() throws {
        var cloud = try Cloud()
        let (network, subnet) = try cloud.networkWithSubnet()
        let rules = NeutronRules(index: cloud.index)
        var removal = cloud.edit(.member)
        _ = try rules.delete(.subnets, id: subnet, revision: nil, edit: &removal)
        #expect(try cloud.create(.ports, ["network_id": .string(network)]).status == 201)
        #expect(try !cloud.commit(removal))
    }
}
