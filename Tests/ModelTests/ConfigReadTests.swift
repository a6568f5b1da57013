import Addressing
import JSON
import Model
import Testing

@Suite struct ConfigReadTests {
    @Test func `References, back references and children carry names, ids, links and attributes`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [ConfigClient.subnet("10.0.0.0", 24)])
        let port = try client.made(
            "virtual-machine-interface",
            [
                "fq_name": ConfigClient.inProject("p"), "parent_type": "project",
                "virtual_network_refs": [["uuid": .string(network)]],
            ])
        let read = client.read("virtual-network", network)
        let ipam = read["network_ipam_refs"]?.arrayValue?.first
        #expect(ipam?["to"] == ConfigClient.inProject("default-network-ipam"))
        #expect(ipam?["href"]?.stringValue?.contains("/network-ipam/") ?? false)
        #expect(ipam?["attr"]?["ipam_subnets"]?.arrayValue?.count == 1)
        let back = read["virtual_machine_interface_back_refs"]?.arrayValue?.first
        #expect(back?["uuid"] == .string(port))
        #expect(back?["attr"] == JSONValue.null)
        let only = client.read(
            "virtual-network", network, query: [("fields", "virtual_machine_interface_back_refs,nope")])
        #expect(only["virtual_machine_interface_back_refs"] != nil)
        #expect(only["network_ipam_refs"] == nil)
        #expect(only["id_perms"] != nil && only["perms2"] != nil && only["uuid"] != nil)
        let bare = client.read(
            "virtual-network", network, query: [("exclude_hrefs", ""), ("exclude_back_refs", "False")])
        #expect(bare["href"] == nil && bare["parent_href"] == nil)
        #expect(bare["virtual_machine_interface_back_refs"] == nil)
        #expect(bare["network_ipam_refs"]?.arrayValue?.first?["href"] == nil)
        #expect(
            client.read("virtual-machine-interface", port)["virtual_network_refs"]?.arrayValue?.first?["attr"] == .null)
    }

    @Test func `Unknown ids, ids of other types and malformed ids are not found`() throws {
        var client = try ConfigClient()
        let id = try client.made("virtual-machine", ["fq_name": ["vm"]])
        for (type, text, words) in [
            ("virtual-network", "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50", "Unknown id: "),
            ("virtual-network", "nonsense", "Unknown id: nonsense"),
            ("virtual-network", id, "No virtual-network object found for id \(id)"),
        ] {
            let answer = client.ask(.object(type: type, id: text, query: [], ifNoneMatch: nil))
            #expect(answer.status == 404 && answer.text.hasPrefix(words), "\(answer.text)")
            #expect(try client.update(type, text, ["display_name": "x"]).status == 404)
            #expect(try client.delete(type, text).status == 404)
        }
    }

    @Test func `The entity tag is the last change`() throws {
        var client = try ConfigClient()
        let id = try client.made("virtual-machine", ["fq_name": ["vm"]])
        let tag = try #require(client.read("virtual-machine", id)["id_perms"]?["last_modified"]?.stringValue)
        for text in [tag, "\"\(tag)\""] {
            #expect(client.ask(.object(type: "virtual-machine", id: id, query: [], ifNoneMatch: text)).status == 304)
        }
        _ = try client.update("virtual-machine", id, ["display_name": "x"])
        #expect(client.ask(.object(type: "virtual-machine", id: id, query: [], ifNoneMatch: tag)).status == 200)
    }

    @Test func `Links between objects of one type are symmetric and block no delete`() throws {
        var client = try ConfigClient()
        let first = try client.network("first")
        let second = try client.network("second", [], ["virtual_network_refs": [["uuid": .string(first)]]])
        #expect(
            client.read("virtual-network", first)["virtual_network_refs"]?.arrayValue?.first?["uuid"] == .string(second)
        )
        #expect(client.read("virtual-network", first)["virtual_network_back_refs"] == nil)
        #expect(try client.delete("virtual-network", first).status == 200)
        #expect(client.read("virtual-network", second)["virtual_network_refs"] == nil)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Names lead to ids and back`() throws {
        var client = try ConfigClient()
        let id = try client.network("n")
        for type in ["virtual-network", "virtual_network"] {
            let found = client.ask(
                .idOfName(body: ["type": .string(type), "fq_name": ConfigClient.inProject("n")]))
            #expect(found.json == ["uuid": .string(id)])
        }
        let name = client.ask(.nameOfID(body: ["uuid": .string(id)]))
        #expect(name.json == ["fq_name": ConfigClient.inProject("n"), "type": "virtual-network"])
        for (body, status, words) in [
            (["type": "virtual-network", "fq_name": ["a", "b"]], 404, "Name ['a', 'b'] not found"),
            (["type": "nope", "fq_name": ["a"]], 404, "nope"), (["type": "tag"], 400, "fq_name"),
            (["fq_name": ["a"]], 400, "type"), ([], 400, "type"),
        ] as [(JSONValue, Int, String)] {
            let answer = client.ask(.idOfName(body: body))
            #expect(answer.status == status && answer.text.contains(words), "\(answer.text)")
        }
        #expect(client.ask(.nameOfID(body: ["uuid": "x"])).text == "UUID x not found")
        #expect(client.ask(.nameOfID(body: [:])).status == 400)
    }

    @Test func `The discovery document has every link that Contrail's has`() throws {
        let schema = try Schema.standard()
        let answer = DiscoveryDocument.answer(schema: schema, origin: "http://h:1")
        let document = try JSONValue(parsing: answer.body)
        let links = try #require(document["links"]?.arrayValue)
        #expect(links.count == 272)
        #expect(document["href"] == "http://h:1")
        let counts = Dictionary(grouping: links) { $0["link"]?["rel"]?.stringValue ?? "" }.mapValues(\.count)
        #expect(counts == ["documentation": 1, "root": 1, "collection": 121, "resource-base": 121, "action": 28])
        #expect(
            links.contains([
                "link": [
                    "href": "http://h:1/virtual-network/%s/ip-alloc", "name": "virtual-network-ip-alloc",
                    "rel": "action", "method": "POST",
                ]
            ]))
    }
}
