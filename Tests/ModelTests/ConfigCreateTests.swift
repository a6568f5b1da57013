import Addressing
import JSON
import Model
import StoreContents
import Testing

@Suite struct ConfigCreateTests {
    @Test func `A created object is answered with its name, id and links, and reads back`() throws {
        var client = try ConfigClient()
        let answer = try client.create("virtual-network", ["fq_name": ConfigClient.inProject("n1")])
        #expect(answer.status == 200)
        let made = answer.json["virtual-network"]
        let id = try #require(made?["uuid"]?.stringValue)
        #expect(made?["name"] == "n1")
        #expect(made?["href"] == .string("http://controller:8082/virtual-network/\(id)"))
        #expect(made?["parent_type"] == "project")
        #expect(made?["parent_href"]?.stringValue?.hasPrefix("http://controller:8082/project/") ?? false)
        let read = client.read("virtual-network", id)
        #expect(read["fq_name"] == ConfigClient.inProject("n1"))
        #expect(read["display_name"] == "n1")
        #expect(read["virtual_network_network_id"]?.integerValue ?? 0 > 0)
        #expect(read["id_perms"]?["permissions"]?["owner"] == "cloud-admin")
        #expect(read["id_perms"]?["uuid"]?["uuid_mslong"] != nil)
        #expect(read["perms2"]?["owner_access"] == 7)
        #expect(read["routing_instances"]?.arrayValue?.first?["to"]?.arrayValue?.last == "n1")
        #expect(client.read("virtual-network", id, query: [("exclude_children", "")])["routing_instances"] == nil)
    }

    @Test(
        arguments: [
            ([:], 400, "Bad Request, the body must be"),
            (["display_name": "x"], 400, "Bad Request, no fq_name in POST body"),
            (["fq_name": "x"], 400, "fq_name must be a list of strings"),
            (["fq_name": []], 400, "fq_name must be a list of strings"),
            (["fq_name": ["a", 1]], 400, "fq_name must be a list of strings"),
            (["fq_name": ["a", "b", "c\u{1}"]], 400, "Bad Request, name has illegal xml characters"),
            (["fq_name": ["a", "b", "c:d"]], 400, "Bad Request, name has one of invalid chars"),
            (["fq_name": ["a", "b", "c"], "uuid": "nonsense"], 400, "Invalid UUID format"),
            (["fq_name": ["a", "b", "c"], "uuid": 5], 400, "Invalid UUID format"),
            (
                ["fq_name": ["a", "b", "c"], "port_security_enabled": "yes"], 400,
                "Bad property in create: Error validating property port_security_enabled: true/false expected instead of yes"
            ),
            (
                ["fq_name": ["a", "b", "c"], "mac_aging_time": 90000], 400,
                "mac_aging_time: value must be between 0 and 86400"
            ),
            (["fq_name": ["a", "b", "c"], "mac_aging_time": "x"], 400, "integer value expected instead of x"),
            (
                ["fq_name": ["a", "b", "c"], "virtual_network_category": "x"], 400,
                "virtual_network_category: value must be one of ['infra', 'tenant', 'internal', 'routed']"
            ),
            (
                ["fq_name": ["a", "b", "c"], "display_name": [1]], 400,
                "display_name: string value expected instead of [1]"
            ),
            (
                ["fq_name": ["a", "b", "c"], "virtual_network_properties": ["nope": 1]], 400,
                "class VirtualNetworkType does not have field nope"
            ),
            (["fq_name": ["a", "b", "c"], "virtual_network_properties": "x"], 400, "Bad property in create"),
            (
                ["fq_name": ["a", "b", "c"], "route_target_list": ["route_target": "x"]], 400,
                "Field route_target must be a list"
            ),
            (
                ["fq_name": ["a", "b", "c"], "network_ipam_refs": [["to": ["a"]]]], 400, "Bad reference in create"
            ),
            (["fq_name": ["a", "b", "c"], "network_ipam_refs": "x"], 400, "Bad reference in create"),
            (["fq_name": ["a", "b", "c"], "network_ipam_refs": [5]], 400, "Bad reference in create"),
            (
                ["fq_name": ["a", "b", "c"], "network_ipam_refs": [["to": ["a"], "attr": ["nope": 1]]]], 400,
                "class VnSubnetsType does not have field nope"
            ),
            (
                ["fq_name": ["default-domain", "default-project", "ip-fabric"]], 409,
                "['default-domain', 'default-project', 'ip-fabric'] already exists with uuid: "
            ),
            (
                ["fq_name": ["a", "b"], "parent_type": "domain"], 400,
                "Invalid parent type: domain. Allowed types: ['project']"
            ),
            (["fq_name": ["a"]], 400, "Invalid fq-name"),
            (["fq_name": ["default-domain", "nope", "n"]], 404, "Name['default-domain', 'nope'] not found"),
            (
                ["fq_name": ["default-domain", "default-project", "n"], "qos_config_refs": [["to": ["nope"]]]], 400,
                "Unknown reference in resource create {'to': ['nope']}"
            ),
            (
                ["fq_name": ["default-domain", "default-project", "n"], "virtual_network_network_id": 5], 403,
                "Cannot set"
            ),
        ] as [(JSONObject, Int, String)])
    func `What cannot be created is refused with Contrail's words`(
        members: JSONObject, status: Int, text: String
    ) throws {
        var client = try ConfigClient()
        let before = client.fixture.store.revision
        let answer = try client.create("virtual-network", members)
        #expect(answer.status == status)
        #expect(answer.text.contains(text), "\(answer.text)")
        #expect(client.fixture.store.revision == before)
    }

    @Test func `Parents: inferred, missing, wrong`() throws {
        var client = try ConfigClient()
        #expect(
            try client.create("tag", ["fq_name": ["x=y"], "tag_type_name": "label", "tag_value": "v"]).status == 200)
        let unclear = try client.create("floating-ip", ["fq_name": ["a", "b"]])
        #expect(unclear.status == 400)
        #expect(
            unclear.text == "Missing parent type: None. Allowed types: ['floating-ip-pool', 'instance-ip']")
        let long = try client.create("virtual-machine", ["fq_name": ["a", "b"]])
        #expect(long.status == 400 && long.text.hasPrefix("Invalid fq-name"))
        #expect(try client.create("virtual-machine", ["fq_name": ["vm"]]).status == 200)
        #expect(try client.create("virtual-machine", ["fq_name": ["vm2"], "parent_type": "config-root"]).status == 200)
    }

    @Test func `A chosen id is kept, and cannot be chosen twice`() throws {
        var client = try ConfigClient()
        let id = "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50"
        #expect(try client.made("virtual-machine", ["fq_name": ["vm"], "uuid": .string(id)]) == id)
        let answer = try client.create("virtual-machine", ["fq_name": ["vm2"], "uuid": .string(id)])
        #expect(answer.status == 409)
        #expect(answer.text == "\(id) already exists with fq_name: ['vm']")
        let unsigned = client.read("virtual-machine", id)["id_perms"]?["uuid"]
        #expect(unsigned?["uuid_lslong"] == .unsigned(0x9a3a_0c1b_2d3e_4f50))
        #expect(unsigned?["uuid_mslong"] == .integer(0x6b8a_6a2c_1f1e_4d0a))
    }

    @Test func `Unknown members and nulls are ignored, numbers in strings are numbers`() throws {
        var client = try ConfigClient()
        let id = try client.network("n", [], ["nope": [1], "mac_aging_time": "600", "igmp_enable": nil])
        let read = client.read("virtual-network", id)
        #expect(read["nope"] == nil)
        #expect(read["igmp_enable"] == nil)
        #expect(read["mac_aging_time"] == 600)
    }

    @Test func `Every type of the schema can be made, read, listed, updated and deleted`() throws {
        var client = try ConfigClient()
        let schema = client.fixture.snapshot.schema
        var count = 0
        for type in schema.types.values.sorted(by: { $0.name < $1.name }) where !Self.needsMore.contains(type.name) {
            let parent = try Self.chain(to: type, schema: schema, client: &client)
            let members: JSONObject = [
                "fq_name": .array((parent?.fqName ?? []).map { .string($0) } + [.string("x-\(type.name)")]),
                "parent_type": .string(parent?.type ?? "config-root"), "display_name": "first",
            ]
            let id = try client.made(type.name, members)
            #expect(client.read(type.name, id)["display_name"] == "first", "\(type.name)")
            #expect(try client.names(type.name).contains("x-\(type.name)"), "\(type.name)")
            let updated = try client.update(
                type.name, id, ["annotations": ["key_value_pair": [["key": "a", "value": "b"]]]])
            #expect(updated.status == 200, "\(type.name): \(updated.text)")
            let deleted = try client.delete(type.name, id)
            #expect(deleted.status == 200 && deleted.text.isEmpty, "\(type.name): \(deleted.text)")
            count += 1
        }
        #expect(count + Self.needsMore.count == schema.types.count)
    }

    /// Types with rules that ask for more than a name; each has tests of its own.
    private static let needsMore: Set<String> = [
        "global-system-config", "virtual-machine-interface", "instance-ip", "tag", "alarm",
        "loadbalancer-healthmonitor", "route-target", "floating-ip", "alias-ip",
    ]

    /// Makes the parents of a type where they are missing.
    private static func chain(
        to type: ObjectSchema, schema: Schema, client: inout ConfigClient
    ) throws -> ConfigObject? {
        guard
            let name = type.parents.first(where: { $0 != "config-root" && !needsMore.contains($0) })
                ?? type.parents.first(where: { $0 == "global-system-config" }),
            !type.parents.contains("config-root"), let parentType = schema.types[name]
        else { return nil }
        let existing: [String: [String]] = [
            "global-system-config": ["default-global-system-config"], "project": Bootstrap.defaultProject,
            "domain": Bootstrap.defaultDomain, "virtual-network": Bootstrap.fabricNetwork,
        ]
        if let fqName = existing[name] { return client.fixture.snapshot.object(type: name, fqName: fqName) }
        let grandparent = try chain(to: parentType, schema: schema, client: &client)
        let fqName = (grandparent?.fqName ?? []) + ["parent-\(name)"]
        if let made = client.fixture.snapshot.object(type: name, fqName: fqName) { return made }
        _ = try client.made(
            name,
            [
                "fq_name": .array(fqName.map { .string($0) }),
                "parent_type": .string(grandparent?.type ?? "config-root"),
            ])
        return client.fixture.snapshot.object(type: name, fqName: fqName)
    }
}
