import Addressing
import JSON
import Model
import StoreContents
import Testing

@Suite struct ConfigActionTests {
    @Test func `An update changes what is given and nothing else`() throws {
        var client = try ConfigClient()
        let id = try client.network("n", [], ["mac_aging_time": 60, "igmp_enable": true])
        let before = client.read("virtual-network", id)
        let answer = try client.update(
            "virtual-network", id,
            [
                "display_name": "x", "igmp_enable": nil, "fq_name": ["other"], "uuid": "x", "nope": 1,
                "parent_type": "domain", "id_perms": ["enable": false, "description": "d", "creator": "me"],
            ])
        #expect(
            answer.json
                == [
                    "virtual-network": [
                        "uuid": .string(id), "href": .string("http://controller:8082/virtual-network/\(id)"),
                    ]
                ])
        let after = client.read("virtual-network", id)
        #expect(after["display_name"] == "x" && after["igmp_enable"] == nil && after["mac_aging_time"] == 60)
        #expect(after["fq_name"] == before["fq_name"] && after["uuid"] == before["uuid"])
        #expect(after["id_perms"]?["enable"] == false && after["id_perms"]?["description"] == "d")
        #expect(after["id_perms"]?["creator"] == .null)
        #expect(after["id_perms"]?["created"] == before["id_perms"]?["created"])
        #expect(
            after["id_perms"]?["last_modified"]?.stringValue ?? "" > before["id_perms"]?["last_modified"]?.stringValue
                ?? "~")
        for body in [.null, [:], ["virtual-network": [:]]] as [JSONValue] {
            let nothing = try client.perform(.update(type: "virtual-network", id: id, body: body))
            #expect(nothing.status == 200 && nothing.text.isEmpty)
        }
        #expect(try client.perform(.update(type: "virtual-network", id: id, body: ["tag": ["x": 1]])).status == 400)
        #expect(
            try client.update("virtual-network", id, ["mac_aging_time": "x"]).text.hasPrefix(
                "Bad property in http_put: "))
        #expect(
            try client.update("virtual-network", id, ["qos_config_refs": [["uuid": .string(id)]]]).text
                .hasPrefix("Unknown reference in resource update "))
    }

    @Test func `Deletes are blocked by children and references, until these are relaxed or gone`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let policy = try client.made("network-policy", ["fq_name": ConfigClient.inProject("p")])
        func refer(_ operation: String, _ more: JSONObject = [:]) throws -> ConfigClient.Answer {
            var body: JSONObject = [
                "type": "virtual-network", "uuid": .string(network), "ref-type": "network-policy",
                "ref-uuid": .string(policy), "operation": .string(operation),
                "attr": ["sequence": ["major": 0, "minor": 0]],
            ]
            for member in more { body[member.name] = member.value }
            return try client.perform(.updateReference(body: .object(body)))
        }
        #expect(try refer("ADD").json == ["uuid": .string(network)])
        #expect(try refer("add", ["attr": ["sequence": ["major": 1, "minor": 0]]]).status == 200)
        let links = client.read("virtual-network", network)["network_policy_refs"]?.arrayValue
        #expect(links?.count == 1 && links?.first?["attr"]?["sequence"]?["major"] == 1)
        let blocked = try client.delete("network-policy", policy)
        #expect(
            blocked.text
                == "Delete when resource still referred: [u'http://controller:8082/virtual-network/\(network)']")
        #expect(blocked.status == 409)
        #expect(try refer("DELETE").status == 200)
        #expect(try refer("DELETE").status == 200)
        #expect(try refer("ADD", ["ref-uuid": nil, "ref-fq-name": ConfigClient.inProject("p")]).status == 200)
        #expect(
            try refer("ADD", ["ref-type": "domain", "ref-uuid": nil, "ref-fq-name": ["default-domain"]]).status == 200)
        for (more, status) in [
            (["operation": "x"], 400), (["operation": nil], 400), (["type": nil], 400), (["uuid": nil], 400),
            (["ref-uuid": nil], 400), (["ref-uuid": "x"], 404), (["uuid": "x"], 404), (["ref-type": "x"], 404),
            (["attr": ["nope": 1]], 400), (["attr": "x"], 400),
        ] as [(JSONObject, Int)] {
            let answer = try refer("ADD", more)
            #expect(answer.status == status, "\(more) \(answer.text)")
        }
        let relaxed = try client.perform(
            .relaxReference(body: ["uuid": .string(network), "ref-uuid": .string(policy)]))
        #expect(relaxed.json == ["uuid": .string(network)])
        #expect(try client.delete("network-policy", policy).status == 200)
        #expect(client.read("virtual-network", network)["network_policy_refs"] == nil)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(try client.perform(.relaxReference(body: ["uuid": .string(network)])).status == 400)
    }

    @Test func `Elements of lists and maps have positions`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let port = try client.port(
            network,
            ["virtual_machine_interface_fat_flow_protocols": ["fat_flow_protocol": [["protocol": "tcp", "port": 1]]]])
        func update(_ updates: [JSONValue]) throws -> ConfigClient.Answer {
            try client.perform(.updatePropertyCollection(body: ["uuid": .string(port), "updates": .array(updates)]))
        }
        func elements(_ field: String) -> JSONValue? {
            client.ask(.propertyCollection(query: [("uuid", port), ("fields", field)])).json[field]
        }
        let flows = "virtual_machine_interface_fat_flow_protocols"
        #expect(elements(flows) == [[["protocol": "tcp", "port": 1], "0"]])
        let added = try update([
            ["field": .string(flows), "operation": "add", "value": ["protocol": "udp", "port": 2], "position": "01"],
            ["field": .string(flows), "operation": "add", "value": ["protocol": "udp", "port": 3], "position": "9"],
            [
                "field": .string(flows), "operation": "modify", "value": ["protocol": "udp", "port": 4],
                "position": "9",
            ],
            ["field": .string(flows), "operation": "delete", "position": "0"],
        ])
        #expect(added.status == 200 && added.text.isEmpty)
        #expect(elements(flows) == [[["protocol": "udp", "port": 2], "01"], [["protocol": "udp", "port": 4], "9"]])
        let read = client.read("virtual-machine-interface", port)
        #expect(
            read[flows] == ["fat_flow_protocol": [["protocol": "udp", "port": 2], ["protocol": "udp", "port": 4]]])
        #expect(read["skein_positions"] == nil)
        let bindings = "virtual_machine_interface_bindings"
        _ = try update([
            ["field": .string(bindings), "operation": "set", "value": ["key": "b", "value": "1"]],
            ["field": .string(bindings), "operation": "set", "value": ["key": "a", "value": "2"]],
            ["field": .string(bindings), "operation": "set", "value": ["key": "b", "value": "3"]],
        ])
        #expect(elements(bindings) == [[["key": "a", "value": "2"], "a"], [["key": "b", "value": "3"], "b"]])
        _ = try update([["field": .string(bindings), "operation": "delete", "position": "a"]])
        #expect(elements(bindings)?.arrayValue?.count == 1)
        // A whole value starts the positions anew.
        _ = try client.update("virtual-machine-interface", port, [flows: ["fat_flow_protocol": [["port": 7]]]])
        #expect(elements(flows) == [[["port": 7], "0"]])
        for (bad, status) in [
            (["field": "nope", "operation": "add", "value": 1], 400),
            (["field": "display_name", "operation": "add"], 400),
            (["field": .string(flows), "operation": "set", "value": ["port": 1]], 400),
            (["field": .string(flows), "operation": "add", "value": ["nope": 1]], 400),
            (["field": .string(flows), "operation": "add"], 400), ([], 400),
        ] as [(JSONValue, Int)] {
            #expect(try update([bad]).status == status, "\(bad)")
        }
        for query in [[("uuid", port)], [("fields", flows)], [("uuid", port), ("fields", "display_name")]] {
            #expect(client.ask(.propertyCollection(query: query.map { (name: $0, value: $1) })).status == 400)
        }
        #expect(client.ask(.propertyCollection(query: [("uuid", "x"), ("fields", flows)])).status == 404)
    }

    @Test func `Clients keep small values`() throws {
        var client = try ConfigClient()
        func change(_ body: JSONValue) throws -> ConfigClient.Answer {
            try client.perform(.changeUserAgentValue(body: body))
        }
        func retrieve(_ key: JSONValue) -> ConfigClient.Answer {
            client.ask(.userAgentValue(body: ["operation": "RETRIEVE", "key": key]))
        }
        #expect(try change(["operation": "STORE", "key": "k/1", "value": "v"]).text.isEmpty)
        #expect(try change(["operation": "STORE", "key": "k2", "value": "w"]).status == 200)
        #expect(retrieve("k/1").json == ["value": "v"])
        #expect(retrieve(["k2", "k/1", "x"]).json == ["value": ["w", "v"]])
        #expect(retrieve(.null).json == ["value": [["key": "k/1", "value": "v"], ["key": "k2", "value": "w"]]])
        #expect(retrieve("x").text == "Unknown User-Agent key x")
        #expect(try change(["operation": "DELETE", "key": "k2"]).status == 200)
        #expect(try change(["operation": "DELETE", "key": "k2"]).status == 200)
        #expect(retrieve("k2").status == 404)
        #expect(try change(["operation": "X", "key": "k"]).text == "Invalid Operation X")
        #expect(try change(["key": "k"]).status == 400)
        #expect(try change(["operation": "STORE"]).status == 400)
        #expect(try change(["operation": "STORE", "key": .string(String(repeating: "k", count: 3000))]).status == 400)
    }

    @Test func `Owners and access change`() throws {
        var client = try ConfigClient()
        let id = try client.network("n")
        let owner = "6b8a6a2c-1f1e-4d0a-9a3a-0c1b2d3e4f50"
        #expect(try client.perform(.changeOwner(body: ["uuid": .string(id), "owner": .string(owner)])).text == "{}")
        #expect(client.read("virtual-network", id)["perms2"]?["owner"] == "6b8a6a2c1f1e4d0a9a3a0c1b2d3e4f50")
        let share: JSONValue = [["tenant": .string("tenant:\(owner)"), "tenant_access": 5]]
        #expect(
            try client.perform(
                .changeAccess(body: [
                    "uuid": .string(id), "owner_access": 6, "global_access": 1, "share": share,
                ])
            ).status == 200)
        let perms = client.read("virtual-network", id)["perms2"]
        #expect(perms?["owner_access"] == 6 && perms?["global_access"] == 1 && perms?["share"] == share)
        #expect(client.read("virtual-network", id)["is_shared"] == true)
        for body in [
            ["uuid": .string(id), "global_access": 8], ["uuid": .string(id), "share": "x"],
            ["uuid": .string(id), "share": [["tenant": "x", "tenant_access": 1]]], ["global_access": 1],
            ["uuid": .string(id), "owner": "x"], ["uuid": "00000000-0000-0000-0000-000000000000"],
        ] as [JSONValue] {
            #expect(try client.perform(.changeAccess(body: body)).status == 400, "\(body)")
        }
        #expect(
            try client.perform(.changeOwner(body: ["uuid": .string(owner), "owner": .string(owner)])).status == 404)
        #expect(try client.perform(.changeOwner(body: ["uuid": .string(id)])).status == 400)

        let mine = EditContext.Caller(
            userID: "u", userName: "u", projectID: "6b8a6a2c1f1e4d0a9a3a0c1b2d3e4f50", projectName: "p",
            domainID: "default", domainName: "Default", roles: ["member"], isAdmin: false)
        let answer = try ConfigRead.permissions(query: [("uuid", id)]).answer(
            from: client.fixture.snapshot, caller: mine, origin: "")
        // The owner's bits, what is shared with the project and what everyone has.
        #expect(try JSONValue(parsing: answer.body)["permissions"] == "RWX")
        #expect(client.ask(.permissions(query: [])).json["is_cloud_admin_role"] == true)
    }
}
