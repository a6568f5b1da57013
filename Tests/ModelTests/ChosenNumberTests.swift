import Addressing
import JSON
import Model
import Store
import StoreContents
import Testing

/// Numbers that clients choose are of the same space as those that the installation gives.
@Suite struct ChosenNumberTests {
    private func layer(_ vni: Int) -> JSONObject {
        ["virtual_network_properties": ["vxlan_network_identifier": .integer(vni)]]
    }

    private func number(_ client: ConfigClient, _ network: String) -> Int {
        client.read("virtual-network", network)["virtual_network_network_id"]?.integerValue ?? 0
    }

    private func taken(_ vni: Int) -> String { "Cannot set VXLAN_ID: \(vni), it has already been set" }

    @Test func `A VNI is refused when a network has it as its id, whichever comes first`() throws {
        var client = try ConfigClient()
        let network = try client.network("first")
        let first = number(client, network)
        var members = layer(first)
        members["fq_name"] = ConfigClient.inProject("x")
        let refused = try client.create("virtual-network", members)
        #expect(refused.status == 400 && refused.text == taken(first))
        // The next one that would be given is chosen by a client before.
        let chosen = try client.network("chosen", [], layer(first + 1))
        #expect(number(client, chosen) != first + 1)
        for index in 0..<3 {
            let other = try client.network("other\(index)")
            #expect(number(client, other) != first + 1)
        }
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `A VNI is taken and given back by changes and deletes, and may be the network's own id`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [], layer(500))
        let other = try client.network("m")
        for (vni, status) in [
            (500, 200), (501, 200), (number(client, network), 200), (number(client, other), 400), (502, 200),
        ] {
            let answer = try client.update("virtual-network", network, layer(vni))
            #expect(answer.status == status, "\(vni): \(answer.text)")
            try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        }
        #expect(try client.update("virtual-network", other, layer(502)).text == taken(502))
        #expect(try client.update("virtual-network", other, layer(500)).status == 200)
        #expect(try client.update("virtual-network", other, ["virtual_network_properties": nil]).status == 200)
        #expect(try client.delete("virtual-network", network).status == 200)
        #expect(try client.update("virtual-network", other, layer(502)).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Logical routers have VNIs of the same numbers`() throws {
        var client = try ConfigClient()
        _ = try client.network("n", [], layer(600))
        func router(_ name: String, _ vni: String) throws -> ConfigClient.Answer {
            try client.create(
                "logical-router",
                [
                    "fq_name": ConfigClient.inProject(name), "vxlan_network_identifier": .string(vni),
                    "logical_router_gateway_external": false,
                ])
        }
        #expect(try router("a", "600").text == taken(600))
        #expect(try router("a", "many").status == 400)
        let made = try router("a", "601")
        let id = try #require(made.json["logical-router"]?["uuid"]?.stringValue)
        var members = layer(601)
        members["fq_name"] = ConfigClient.inProject("m")
        #expect(try client.create("virtual-network", members).text == taken(601))
        #expect(try client.update("logical-router", id, ["vxlan_network_identifier": "600"]).text == taken(600))
        #expect(try client.update("logical-router", id, ["vxlan_network_identifier": "602"]).status == 200)
        #expect(try client.create("virtual-network", members).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(try client.delete("logical-router", id).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Of two networks that choose the same VNI at the same time one is made`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        let next = number(client, network) + 1
        var edits = (0..<3).map { _ in client.fixture.edit() }
        for index in edits.indices {
            // The last one leaves the choice to the installation, which gives it the same number.
            var members: JSONObject = index < 2 ? layer(next) : [:]
            members["fq_name"] = ConfigClient.inProject("n\(index)")
            _ = try ConfigWrite.create(type: "virtual-network", body: ["virtual-network": .object(members)])
                .decide(on: &edits[index], origin: "")
        }
        #expect(try edits.map { try client.fixture.commit($0) } == [true, false, false])
    }

    @Test func `A security group's number is chosen once`() throws {
        var client = try ConfigClient()
        func group(_ name: String, _ number: Int) throws -> ConfigClient.Answer {
            try client.create(
                "security-group",
                [
                    "fq_name": ConfigClient.inProject(name), "configured_security_group_id": .integer(number),
                    "security_group_entries": ["policy_rule": []],
                ])
        }
        let id = try #require(try group("a", 77).json["security-group"]?["uuid"]?.stringValue)
        #expect(client.read("security-group", id)["security_group_id"] == 77)
        let twice = try group("b", 77)
        #expect(twice.status == 400)
        #expect(twice.text == "Cannot set configured_security_group_id: 77, it has already been set")
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(try client.update("security-group", id, ["configured_security_group_id": 78]).status == 200)
        #expect(try group("b", 77).status == 200)
        #expect(try client.update("security-group", id, ["configured_security_group_id": 0]).status == 200)
        #expect(client.read("security-group", id)["security_group_id"]?.integerValue ?? 0 > 8_000_000)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
        #expect(try client.delete("security-group", id).status == 200)
        try checkInvariants(client.fixture.store, schema: client.fixture.snapshot.schema)
    }

    @Test func `Numbers that an earlier version kept no key for are claimed by the next start`() throws {
        var client = try ConfigClient()
        let network = try client.network("n", [], layer(700))
        let path = StoreKey.number(.virtualNetwork, 700).path
        #expect(client.fixture.store.text(at: path) == network)
        _ = try client.fixture.store.commit(.init(changes: [.delete(path)]))
        try client.fixture.catchUp()
        let edit = try #require(try Bootstrap.edit(of: client.fixture.snapshot, context: client.fixture.context()))
        #expect(try client.fixture.commit(edit))
        #expect(client.fixture.store.text(at: path) == network)
        #expect(try Bootstrap.edit(of: client.fixture.snapshot, context: client.fixture.context()) == nil)
    }
}
