import Addressing
import JSON
import Model
import Store
import StoreContents
import Testing

@Suite struct ConfigNetworkTests {
    private func subnet(_ client: ConfigClient, _ network: String, _ index: Int = 0) -> JSONValue {
        let link = client.read("virtual-network", network)["network_ipam_refs"]?.arrayValue?.first
        return link?["attr"]?["ipam_subnets"]?.arrayValue?[index] ?? .null
    }

    @Test func `A subnet gets its id, gateway and service address, from the end or from the start`() throws {
        var client = try ConfigClient()
        let network = try client.network(
            "n",
            [
                ConfigClient.subnet("10.0.0.7", 24),
                ConfigClient.subnet("10.0.1.0", 24, ["addr_from_start": true]),
                ConfigClient.subnet("2001:db8::", 64),
                ConfigClient.subnet("10.0.2.0", 24, ["default_gateway": "10.0.2.9", "dns_server_address": "10.0.2.8"]),
            ])
        let expected = [
            ("10.0.0.0", "10.0.0.254", "10.0.0.253"), ("10.0.1.0", "10.0.1.1", "10.0.1.2"),
            ("2001:db8::", "2001:db8::ffff:ffff:ffff:fffe", "2001:db8::ffff:ffff:ffff:fffd"),
            ("10.0.2.0", "10.0.2.9", "10.0.2.8"),
        ]
        for (index, (prefix, gateway, service)) in expected.enumerated() {
            let subnet = subnet(client, network, index)
            #expect(subnet["subnet"]?["ip_prefix"] == .string(prefix))
            #expect(subnet["default_gateway"] == .string(gateway))
            #expect(subnet["dns_server_address"] == .string(service))
            #expect(subnet["subnet_uuid"]?.stringValue.flatMap { ObjectID($0) } != nil)
        }
    }

    private static let twice: JSONValue = "0b9c1f3e-4a5b-4c6d-8e7f-000000000001"

    @Test(
        arguments: [
            ([("10.0.0.0", 24, [:]), ("10.0.0.128", 25, [:])], 400, "Overlapping addresses"),
            ([("10.0.0", 24, [:])], 400, "Invalid subnet"), ([("10.0.0.0", 33, [:])], 400, "Invalid subnet"),
            ([("10.0.0.0", 31, [:])], 400, "Pool range<=block_alloc_unit"),
            ([("10.0.0.0", 32, [:])], 400, "Pool range<=block_alloc_unit"),
            ([("10.0.0.0", 24, ["default_gateway": "10.0.1.1"])], 409, "outside"),
            ([("10.0.0.0", 24, ["default_gateway": "x"])], 409, "Gateway IP"),
            ([("10.0.0.0", 24, ["dns_server_address": "x"])], 409, "DNS Server IP"),
            ([("10.0.0.0", 24, ["subnet_uuid": "x"])], 409, "subnet_uuid"),
            (
                [("10.0.0.0", 24, ["subnet_uuid": twice]), ("10.0.1.0", 24, ["subnet_uuid": twice])], 409,
                "the id of two subnets"
            ),
            ([("10.0.0.0", 24, ["allocation_pools": [["start": "10.0.0.9", "end": "10.0.0.5"]]])], 409, "pool"),
            ([("10.0.0.0", 24, ["allocation_pools": [["start": "10.0.0.9", "end": "10.0.1.5"]]])], 409, "pool"),
            ([("10.0.0.0", 24, ["allocation_pools": [["start": "x", "end": "10.0.0.5"]]])], 409, "pool"),
            ([("10.0.0.0", 24, ["allocation_pools": ["x"]])], 400, "AllocationPoolType"),
            ([("10.0.0.0", 24, ["enable_dhcp": "x"])], 400, "enable_dhcp"),
        ] as [([(String, Int, JSONObject)], Int, String)])
    func `Senseless subnets are refused`(subnets: [(String, Int, JSONObject)], status: Int, text: String) throws {
        var client = try ConfigClient()
        let answer = try client.create(
            "virtual-network",
            [
                "fq_name": ConfigClient.inProject("n"),
                "network_ipam_refs": ConfigClient.subnets(subnets.map { ConfigClient.subnet($0.0, $0.1, $0.2) }),
            ])
        #expect(answer.status == status && answer.text.contains(text), "\(answer.status) \(answer.text)")
        #expect(try client.names("virtual-network").contains("n") == false)
    }

    @Test func `Addresses come from the top, from the start or from the pools, without the reserved ones`() throws {
        var client = try ConfigClient()
        let top = try client.network("top", [ConfigClient.subnet("10.0.0.0", 29)])
        #expect(
            try (0..<4).map { _ in try client.address(in: top) } == ["10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"])
        let full = try client.instanceIP(top)
        #expect(full.status == 409 && full.text.contains("has exhausted subnet(['10.0.0.0/29'])"))
        let start = try client.network("start", [ConfigClient.subnet("10.0.0.0", 29, ["addr_from_start": true])])
        #expect(
            try (0..<4).map { _ in try client.address(in: start) } == ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
        let pools = try client.network(
            "pools",
            [
                ConfigClient.subnet(
                    "10.0.0.0", 24, ["allocation_pools": [["start": "10.0.0.10", "end": "10.0.0.20"]]]),
                ConfigClient.subnet("2001:db8::", 64),
            ])
        #expect(try (0..<2).map { _ in try client.address(in: pools) } == ["10.0.0.20", "10.0.0.19"])
        #expect(
            try client.address(in: pools, ["instance_ip_family": "v6"]) == "2001:db8::ffff:ffff:ffff:fffc")
        let none = try client.network("none")
        #expect(try client.instanceIP(none).text.contains("has exhausted subnet([])"))
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `An address can be wished for, once, inside of a subnet, and never changed`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24)])
        let wish: JSONObject = ["instance_ip_address": "10.0.0.77"]
        let first = try client.instanceIP(network, wish)
        #expect(first.status == 200)
        let id = try #require(first.json["instance-ip"]?["uuid"]?.stringValue)
        #expect(client.read("instance-ip", id)["subnet_uuid"] == subnet(client, network)["subnet_uuid"])
        let again = try client.instanceIP(network, wish)
        #expect(again.status == 409 && again.text == "IP address already in use")
        for (members, status) in [
            (["instance_ip_address": "10.9.0.1"], 400), (["instance_ip_address": "x"], 400),
            (["subnet_uuid": "x"], 400), (["subnet_uuid": "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50"], 409),
            (["instance_ip_family": "v5"], 400), (["instance_ip_family": "v6"], 409),
            (["instance_ip_address": "10.0.0.78", "instance_ip_family": "v6"], 400),
        ] as [(JSONObject, Int)] {
            let answer = try client.instanceIP(network, members)
            #expect(answer.status == status, "\(members) \(answer.text)")
        }
        #expect(try client.update("instance-ip", id, ["instance_ip_address": "10.0.0.5"]).status == 400)
        #expect(try client.update("instance-ip", id, ["instance_ip_secondary": true]).status == 200)
        #expect(try client.delete("instance-ip", id).status == 200)
        #expect(try client.instanceIP(network, wish).status == 200)
        #expect(try client.create("instance-ip", ["fq_name": ["lost"]]).status == 400)
    }

    @Test func `The gateway's address is for routers, not for virtual machines`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24)])
        let machine = try client.made("virtual-machine", ["fq_name": ["vm"]])
        let port = try client.port(network, ["virtual_machine_refs": [["uuid": .string(machine)]]])
        let gateway: JSONObject = ["instance_ip_address": "10.0.0.254"]
        var members = gateway
        members["virtual_machine_interface_refs"] = [["uuid": .string(port)]]
        #expect(try client.instanceIP(network, members).status == 400)
        #expect(try client.instanceIP(network, gateway).status == 200)
    }

    @Test func `A subnet goes only while none of its addresses is in use`() throws {
        var client = try ConfigClient()
        let network = try client.network(
            "n", [ConfigClient.subnet("10.0.0.0", 24), ConfigClient.subnet("10.0.1.0", 24)])
        let answer = try client.instanceIP(network)
        let second = ConfigClient.subnets([ConfigClient.subnet("10.0.1.0", 24)])
        #expect(try client.update("virtual-network", network, ["network_ipam_refs": second]).status == 409)
        #expect(try client.update("virtual-network", network, ["network_ipam_refs": []]).status == 409)
        let known = subnet(client, network, 1)
        #expect(
            try client.delete("instance-ip", try #require(answer.json["instance-ip"]?["uuid"]?.stringValue)).status
                == 200)
        #expect(try client.update("virtual-network", network, ["network_ipam_refs": second]).status == 200)
        // Named by its prefix only, the other subnet stays what it was.
        #expect(subnet(client, network) == known)
    }

    @Test func `A subnet and an address of it are not removed and taken at once`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24)])
        let target = try #require(
            client.fixture.snapshot.object(type: "virtual-network", fqName: Bootstrap.defaultProject + ["n"]))
        for isFirst in [true, false] {
            var other = client
            var taking = other.fixture.edit()
            try taking.add(
                ConfigObject(
                    type: "instance-ip", id: taking.context.newID(), fqName: ["a"], parent: nil, properties: [:],
                    references: ["virtual_network_refs": [Reference(id: target.id, fqName: target.fqName)]]))
            var removing = other.fixture.edit()
            _ = try ConfigWrite.update(
                type: "virtual-network", id: network, body: ["virtual-network": ["network_ipam_refs": []]]
            ).decide(on: &removing, origin: "")
            #expect(try other.fixture.commit(isFirst ? taking : removing))
            #expect(try !other.fixture.commit(isFirst ? removing : taking))
        }
    }

    @Test func `Gateways do not change, pools are only added`() throws {
        var client = try ConfigClient()
        let pool: JSONValue = [["start": "10.0.0.10", "end": "10.0.0.20"]]
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24, ["allocation_pools": pool])])
        let more: JSONValue = [
            ["start": "10.0.0.10", "end": "10.0.0.20"], ["start": "10.0.0.30", "end": "10.0.0.40"],
        ]
        for (members, status) in [
            (["allocation_pools": more], 200), (["allocation_pools": pool], 400),
            (["default_gateway": "10.0.0.1"], 400), (["default_gateway": "10.0.0.254"], 200),
        ] as [(JSONObject, Int)] {
            let links = ConfigClient.subnets([ConfigClient.subnet("10.0.0.0", 24, members)])
            let answer = try client.update("virtual-network", network, ["network_ipam_refs": links])
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    @Test func `Numbers of networks: the lowest free one, never chosen or changed by a client`() throws {
        var client = try ConfigClient()
        let first = try client.network("first")
        let number = client.read("virtual-network", first)["virtual_network_network_id"]?.integerValue ?? 0
        let second = try client.network("second")
        #expect(client.read("virtual-network", second)["virtual_network_network_id"] == .integer(number + 1))
        #expect(try client.update("virtual-network", first, ["virtual_network_network_id": 99]).status == 403)
        #expect(
            try client.update("virtual-network", first, ["virtual_network_network_id": .integer(number)]).status == 200)
        #expect(try client.delete("virtual-network", first).status == 200)
        let third = try client.network("third")
        #expect(client.read("virtual-network", third)["virtual_network_network_id"] == .integer(number))
    }

    @Test func `Sharing: is_shared, router_external and global_access agree`() throws {
        var client = try ConfigClient()
        let id = try client.network("n", [], ["is_shared": true])
        func access() -> JSONValue? { client.read("virtual-network", id)["perms2"]?["global_access"] }
        #expect(access() == 7)
        #expect(try client.update("virtual-network", id, ["is_shared": false]).status == 200)
        #expect(access() == 0)
        #expect(try client.update("virtual-network", id, ["router_external": true]).status == 200)
        #expect(access() == 5)
        let perms: JSONValue = ["owner": "cloud-admin", "global_access": 7]
        #expect(try client.update("virtual-network", id, ["is_shared": false, "perms2": perms]).status == 400)
        #expect(try client.update("virtual-network", id, ["perms2": perms]).status == 200)
        #expect(client.read("virtual-network", id)["is_shared"] == true)
        #expect(
            try client.update("virtual-network", id, ["perms2": ["global_access": 7]]).text
                == "owner in perms2 must be present")
    }

    @Test(arguments: [
        ("target:64512:7999999", 200), ("target:64512:8000000", 400), ("target:64512:16777217", 200),
        ("target:65000:8000001", 200), ("target:1.2.3.4:5", 200), ("target:x:5", 400), ("64512:5", 400),
        ("target:64512:-1", 400), ("target:64512:99999999999", 400),
    ])
    func `Route targets that the installation gives out itself are refused`(text: String, status: Int) throws {
        var client = try ConfigClient()
        let answer = try client.create(
            "virtual-network",
            ["fq_name": ConfigClient.inProject("n"), "route_target_list": ["route_target": [.string(text)]]])
        #expect(answer.status == status, "\(answer.text)")
    }

    @Test func `A VXLAN number is used once; flat subnets need layer 3; fixed networks stay`() throws {
        var client = try ConfigClient()
        let layer: JSONValue = ["vxlan_network_identifier": 77]
        _ = try client.network("a", [], ["virtual_network_properties": layer])
        let twice = try client.create(
            "virtual-network", ["fq_name": ConfigClient.inProject("b"), "virtual_network_properties": layer])
        #expect(twice.text == "Cannot set VXLAN_ID: 77, it has already been set")
        let flat = try client.made(
            "network-ipam",
            [
                "fq_name": ConfigClient.inProject("flat"), "ipam_subnet_method": "flat-subnet",
                "ipam_subnets": ["subnets": [ConfigClient.subnet("10.5.0.0", 24)]],
            ])
        #expect(
            client.read("network-ipam", flat)["ipam_subnets"]?["subnets"]?.arrayValue?.first?["default_gateway"]
                == "10.5.0.254")
        #expect(try client.update("network-ipam", flat, ["ipam_subnet_method": "auto-subnet"]).status == 400)
        let link: JSONValue = [["to": ConfigClient.inProject("flat"), "attr": [:]]]
        #expect(
            try client.create(
                "virtual-network", ["fq_name": ConfigClient.inProject("c"), "network_ipam_refs": link]
            ).status == 400)
        let layer3 = try client.network(
            "d", [], ["network_ipam_refs": link, "virtual_network_properties": ["forwarding_mode": "l3"]])
        #expect(subnet(client, layer3).objectValue?.names == ["subnet_uuid"])
        let fabric = try #require(
            client.fixture.snapshot.object(type: "virtual-network", fqName: Bootstrap.fabricNetwork))
        #expect(try client.delete("virtual-network", fabric.id.description).status == 409)
        let other = try client.create(
            "network-ipam",
            [
                "fq_name": ConfigClient.inProject("x"),
                "ipam_subnets": ["subnets": [ConfigClient.subnet("10.5.0.0", 24)]],
            ])
        #expect(other.status == 400)
    }

    @Test func `Addresses without an object: taken, counted, given back, and gone with the network`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 29)])
        let id = try #require(subnet(client, network)["subnet_uuid"]?.stringValue)
        func count(_ client: ConfigClient) -> JSONValue {
            client.ask(.subnetAddressCount(network: network, body: ["subnet_list": [.string(id)]])).json
        }
        let reserved = count(client)["ip_count_list"]?.arrayValue?.first?.integerValue ?? 0
        let taken = try client.perform(.allocateAddresses(network: network, body: ["count": 9]))
        #expect(taken.json == ["ip_addr": ["10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"]])
        #expect(count(client) == ["ip_count_list": [.integer(reserved + 4)]])
        #expect(try client.perform(.allocateAddresses(network: network, body: [:])).status == 409)
        _ = try client.perform(.freeAddresses(network: network, body: ["ip_addr": ["10.0.0.3", "10.0.0.3", "x"]]))
        let held = try client.instanceIP(network)
        #expect(held.status == 200)
        // What an object holds is not given back this way.
        _ = try client.perform(.freeAddresses(network: network, body: ["ip_addr": ["10.0.0.3"]]))
        #expect(try client.instanceIP(network).status == 409)
        #expect(try client.delete("virtual-network", network).status == 409)
        #expect(
            try client.delete("instance-ip", try #require(held.json["instance-ip"]?["uuid"]?.stringValue)).status == 200
        )
        #expect(try client.delete("virtual-network", network).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(
            try client.perform(.allocateAddresses(network: network, body: [:])).text
                == "Virtual Network \(network) not found!")
        #expect(try client.perform(.freeAddresses(network: "x", body: [:])).status == 404)
        #expect(client.ask(.subnetAddressCount(network: "x", body: [:])).status == 404)
    }

    @Test func `A floating IP takes an address of its pool's network`() throws {
        var client = try ConfigClient()
        let network = try client.network("out", [ConfigClient.subnet("192.0.2.0", 24)], ["router_external": true])
        let pool: [JSONValue] = ["default-domain", "default-project", "out", "pool"]
        _ = try client.made("floating-ip-pool", ["fq_name": .array(pool)])
        let id = try client.made("floating-ip", ["fq_name": .array(pool + ["f1"]), "parent_type": "floating-ip-pool"])
        let read = client.read("floating-ip", id)
        #expect(read["floating_ip_address"] == "192.0.2.252")
        #expect(read["project_refs"]?.arrayValue?.count == 1)
        for (address, status) in [("192.0.2.252", 409), ("192.0.2.254", 409), ("10.0.0.1", 400), ("192.0.2.9", 200)] {
            let answer = try client.create(
                "floating-ip",
                [
                    "fq_name": .array(pool + [.string("f-\(address)")]), "parent_type": "floating-ip-pool",
                    "floating_ip_address": .string(address),
                ])
            #expect(answer.status == status, "\(address) \(answer.text)")
        }
        #expect(try client.update("floating-ip", id, ["floating_ip_address": "192.0.2.3"]).status == 400)
        #expect(try client.delete("floating-ip", id).status == 200)
        #expect(try client.address(in: network) == "192.0.2.252")
    }
}

extension ConfigClient {
    mutating func instanceIP(_ network: String, _ more: JSONObject = [:]) throws -> Answer {
        var members: JSONObject = [
            "fq_name": [.string("ip-\(fixture.store.revision.number)")],
            "virtual_network_refs": [["uuid": .string(network)]],
        ]
        for member in more { members[member.name] = member.value }
        return try create("instance-ip", members)
    }

    /// The address that an instance-ip without a wish gets.
    mutating func address(in network: String, _ more: JSONObject = [:]) throws -> String? {
        let answer = try instanceIP(network, more)
        let id = try #require(answer.json["instance-ip"]?["uuid"]?.stringValue, "\(answer.text)")
        return read("instance-ip", id)["instance_ip_address"]?.stringValue
    }

    mutating func port(_ network: String, _ more: JSONObject = [:]) throws -> String {
        var members: JSONObject = [
            "fq_name": Self.inProject("port-\(fixture.store.revision.number)"), "parent_type": "project",
            "virtual_network_refs": [["uuid": .string(network)]],
        ]
        for member in more { members[member.name] = member.value }
        return try made("virtual-machine-interface", members)
    }
}
