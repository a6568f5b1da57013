import Addressing
import JSON
import Model
import Testing

@Suite struct ConfigListTests {
    private static func client() throws -> (client: ConfigClient, ids: [String]) {
        var client = try ConfigClient()
        let ids = try ["c", "a", "b"].map { name in
            try client.network(name, [], ["mac_aging_time": name == "a" ? 60 : 600])
        }
        return (client, ids)
    }

    private static let own = ["a", "b", "c"]

    @Test func `Objects come in the order of their names`() throws {
        let (client, _) = try Self.client()
        #expect(
            try client.names("virtual-network")
                == ["__link_local__", "a", "b", "c", "dci-network", "default-virtual-network", "ip-fabric"])
        let entry = try client.list("virtual-network")["virtual-networks"]?.arrayValue?.first
        #expect(entry?.objectValue?.names.sorted() == ["fq_name", "href", "uuid"])
        let bare = try client.list("virtual-network", [("exclude_hrefs", "False")])
        #expect(bare["virtual-networks"]?.arrayValue?.first?["href"] == nil)
    }

    @Test func `Details, fields and counts`() throws {
        let (client, _) = try Self.client()
        let all = try client.list("virtual-network", [("detail", "True"), ("count", "False"), ("shared", "False")])
        let object = all["virtual-networks"]?.arrayValue?.first?["virtual-network"]
        #expect(object?["name"] == "__link_local__" && object?["href"] != nil && object?["id_perms"] != nil)
        #expect(object?["routing_instances"] == nil)
        let children = try client.list("virtual-network", [("detail", "true"), ("fields", "routing_instances")])
        #expect(
            children["virtual-networks"]?.arrayValue?.first?["virtual-network"]?["routing_instances"]?.arrayValue?.count
                == 1)
        let fields = try client.list("virtual-network", [("fields", "mac_aging_time,nope,routing_instances")])
        let entry = fields["virtual-networks"]?.arrayValue?[1]
        #expect(entry?["mac_aging_time"] == 60 && entry?["routing_instances"] != nil && entry?["id_perms"] == nil)
        #expect(try client.list("virtual-network", [("count", "true")]) == ["virtual-networks": ["count": 7]])
        #expect(try client.list("virtual-network", [("count", "1")])["virtual-networks"]?.arrayValue != nil)
    }

    @Test func `Anchors select, and combine`() throws {
        var (client, ids) = try Self.client()
        let project = try #require(
            client.fixture.snapshot.object(type: "project", fqName: Bootstrap.defaultProject)?.id.description)
        let port = try client.made(
            "virtual-machine-interface",
            [
                "fq_name": ConfigClient.inProject("p"), "parent_type": "project",
                "virtual_network_refs": [["uuid": .string(ids[0])]],
            ])
        let unknown = "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50"
        for (type, query, expected) in [
            ("virtual-network", [("parent_id", project)], 7), ("virtual-network", [("parent_id", unknown)], 0),
            ("virtual-network", [("parent_id", "\(unknown),\(project)")], 7),
            ("virtual-network", [("parent_fq_name_str", "default-domain:default-project")], 7),
            ("virtual-network", [("parent_fq_name_str", "a:b")], 0),
            ("virtual-network", [("obj_uuids", "\(ids[0]),\(ids[1]),\(unknown),\(port),x")], 2),
            ("virtual-network", [("fq_names", "default-domain:default-project:a,x:y")], 1),
            ("virtual-network", [("fq_names", "x")], 0),
            ("virtual-machine-interface", [("back_ref_id", ids[0])], 1),
            ("virtual-machine-interface", [("back_ref_id", ids[1])], 0),
            ("virtual-machine-interface", [("back_ref_id", ids[0]), ("parent_id", project)], 1),
            ("virtual-machine-interface", [("back_ref_id", ids[0]), ("parent_id", unknown)], 0),
            // The project is the ports' parent, but no port refers to it.
            ("virtual-machine-interface", [("back_ref_id", project)], 0),
        ] as [(String, [(String, String)], Int)] {
            #expect(try client.names(type, query.map { (name: $0, value: $1) }).count == expected, "\(query)")
        }
    }

    @Test func `Filters: the same key twice is or, different keys are and`() throws {
        let (client, _) = try Self.client()
        for (filter, expected) in [
            (#"display_name=="a""#, ["a"]), (#"display_name=="a",display_name=="c""#, ["a", "c"]),
            (#"mac_aging_time==600"#, ["b", "c"]), (#"mac_aging_time==600,display_name=="b""#, ["b"]),
            (#"mac_aging_time==600,display_name=="a""#, []),
            (#"id_perms=={"enable":true,"user_visible":true},mac_aging_time==60"#, ["a"]),
            (#"id_perms=="{\"enable\": true}",mac_aging_time==60"#, ["a"]),
            (#"id_perms=={"enable":false}"#, []), (#"mac_aging_time==600,nope==1"#, []),
        ] {
            #expect(try client.names("virtual-network", [("filters", filter)]) == expected, "\(filter)")
        }
        #expect(
            client.ask(.list(type: "virtual-network", try ConfigListQuery(items: [("filters", "nope==1")]))).status
                == 400)
        for bad in ["x", "display_name=a", "display_name==a", "a==1,b"] {
            let fault = #expect(throws: ConfigFault.self) { try ConfigListQuery(items: [("filters", bad)]) }
            #expect(fault?.status == 400 && fault?.message.hasPrefix("Invalid filter") ?? false)
        }
    }

    @Test(arguments: [1, 2, 3, 7, 8])
    func `Pages give every object once`(limit: Int) throws {
        let (client, _) = try Self.client()
        let all = try client.names("virtual-network")
        var seen: [String] = []
        var marker = "None"
        repeat {
            let query = [(name: "page_marker", value: marker), (name: "page_limit", value: "\(limit)")]
            let page = try client.list("virtual-network", query)
            seen += try client.names("virtual-network", query)
            marker = page["marker"]?.stringValue ?? ""
            #expect(seen.count <= all.count)
        } while !marker.isEmpty && seen.count <= all.count
        #expect(seen == all)
    }

    @Test func `Without a marker there are no pages, and senseless ones are refused`() throws {
        let (client, _) = try Self.client()
        #expect(try client.names("virtual-network", [("page_limit", "1")]).count == 7)
        #expect(try client.list("virtual-network", [("page_limit", "1")])["marker"] == nil)
        for query in [
            [("page_marker", "x")], [("page_marker", ""), ("page_limit", "0")],
            [("page_marker", ""), ("page_limit", "x")],
        ] {
            #expect(throws: ConfigFault.self) { try ConfigListQuery(items: query.map { (name: $0, value: $1) }) }
        }
        // A page goes on after an object that is no longer there.
        let after = try client.names(
            "virtual-network",
            [
                ("page_marker", "default-domain:default-project:b:6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50"),
                ("page_limit", "1"),
            ])
        #expect(after.count == 1)
    }

    @Test func `A bulk list takes the same as JSON`() throws {
        let (client, ids) = try Self.client()
        let answer = client.ask(
            .bulkList(body: [
                "type": "virtual-network", "obj_uuids": .string(ids.joined(separator: ",")), "detail": true,
                "fields": "display_name", "count": false,
            ]))
        #expect(answer.json["virtual-networks"]?.arrayValue?.count == 3)
        #expect(client.ask(.bulkList(body: ["type": "x"])).text == "Resource type 'x' not found")
        #expect(client.ask(.bulkList(body: [])).status == 400)
        let count = client.ask(.bulkList(body: ["type": "virtual_network", "count": true]))
        #expect(count.json["virtual-networks"]?["count"] == 7)
    }
}
