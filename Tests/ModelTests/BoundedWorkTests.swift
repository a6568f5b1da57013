import Addressing
import JSON
import Model
import Store
import Testing

/// Requests as large as a body may be. What grew with the square of their size would not end within the limit.
@Suite(.timeLimit(.minutes(1))) struct BoundedWorkTests {
    private let network = ObjectID(bits: 1)
    private let holder = ObjectID(bits: 2)

    @Test func `Many addresses and numbers of one edit are each found once`() throws {
        var fixture = try Fixture()
        var edit = fixture.edit()
        let first = try #require(IPAddress("10.0.0.0"))
        let pool = AddressPool(first: first, last: try #require(IPAddress("10.0.255.255")))
        var addresses: Set<IPAddress> = []
        var numbers: Set<Int> = []
        for _ in 0..<60_000 {
            addresses.insert(
                try edit.allocateAddress(network: network, pools: [pool], reserved: [first], holder: holder))
            numbers.insert(try edit.allocateNumber(.virtualNetwork, holder: holder))
        }
        #expect(addresses.count == 60_000 && !addresses.contains(first))
        #expect(numbers == Set(1...60_000))
    }

    @Test func `A full pool is searched once by an edit, until it gives something back`() throws {
        var fixture = try Fixture()
        let first = try #require(IPAddress("10.0.0.0"))
        let pool = AddressPool(first: first, last: try #require(IPAddress("10.0.15.255")))
        var edit = fixture.edit()
        for index in 0..<4096 {
            edit.claim(.address(network: network, address: try #require(first.advanced(by: index))), for: holder)
        }
        for _ in 0..<100_000 {
            let error = #expect(throws: ModelError.self) {
                try edit.allocateAddress(network: network, pools: [pool], reserved: [], holder: holder)
            }
            guard error?.code == .exhausted else { break }
        }
        edit.release(.address(network: network, address: try #require(first.advanced(by: 7))), of: holder)
        #expect(
            try edit.allocateAddress(network: network, pools: [pool], reserved: [], holder: holder)
                == first.advanced(by: 7))
    }

    @Test func `An edit takes so many objects and not one more`() throws {
        var fixture = try Fixture()
        let made = try fixture.change { edit in
            var made: [ObjectID] = []
            for number in 0..<EditLimits.objects {
                let object = ConfigObject(
                    type: "virtual-machine", id: edit.context.newID(), fqName: ["\(number)"], parent: nil,
                    properties: [:], references: [:])
                try edit.create(object)
                made.append(object.id)
            }
            return made
        }
        var edit = fixture.edit()
        for id in made { try edit.delete(id) }
        // What is part of the edit already may change again.
        try edit.create(
            ConfigObject(
                type: "virtual-machine", id: made[0], fqName: ["0"], parent: nil, properties: [:], references: [:]))
        let error = #expect(throws: ModelError.self) {
            try edit.create(
                ConfigObject(
                    type: "tag", id: edit.context.newID(), fqName: ["t"], parent: nil, properties: [:],
                    references: [:]))
        }
        #expect(error?.code == .tooLarge)
        #expect(error.map(ConfigFault.init)?.status == 413)
        #expect(try fixture.commit(edit))
        try checkInvariants(fixture.store, schema: fixture.snapshot.schema)
    }

    @Test func `Objects of an edit are found by name and target, whatever becomes of them`() throws {
        var fixture = try Fixture()
        var edit = fixture.edit()
        func machine(_ name: String, _ targets: [ConfigObject]) -> ConfigObject {
            ConfigObject(
                type: "virtual-machine", id: edit.context.newID(), fqName: [name], parent: nil, properties: [:],
                references: ["x_refs": targets.map { Reference(id: $0.id, fqName: $0.fqName) }])
        }
        let first = machine("first", [])
        let second = machine("second", [first])
        try edit.create(first)
        try edit.create(second)
        #expect(edit.referrers(of: first.id).map(\.id) == [second.id] && edit.hasReferrers(first.id))
        try edit.update(second.id, properties: [:], references: [:])
        #expect(edit.referrers(of: first.id).isEmpty && !edit.hasReferrers(first.id))
        try edit.update(second.id, properties: [:], references: second.references)
        #expect(edit.hasReferrers(first.id))
        try edit.delete(second.id)
        #expect(edit.object(type: "virtual-machine", fqName: ["second"]) == nil && !edit.hasReferrers(first.id))
        let third = machine("second", [first])
        try edit.create(third)
        #expect(edit.object(type: "virtual-machine", fqName: ["second"])?.id == third.id)
        #expect(try fixture.commit(edit))
        var next = fixture.edit()
        #expect(next.hasReferrers(first.id) && next.referrers(of: first.id).map(\.id) == [third.id])
        try next.delete(third.id)
        #expect(!next.hasReferrers(first.id) && next.referrers(of: first.id).isEmpty)
        try next.delete(first.id)
        #expect(try fixture.commit(next))
    }

    @Test func `Thousands of updates of one property are applied to one list`() throws {
        var client = try ConfigClient()
        let id = try client.network("n")
        func update(_ operation: String, _ numbers: Range<Int>) throws -> ConfigClient.Answer {
            let updates = numbers.map { number -> JSONValue in
                operation == "set"
                    ? [
                        "field": "annotations", "operation": "set",
                        "value": ["key": .string("k\(number)"), "value": "v"],
                    ] : ["field": "annotations", "operation": "delete", "position": .string("k\(number)")]
            }
            return try client.perform(
                .updatePropertyCollection(body: ["uuid": .string(id), "updates": .array(updates)]))
        }
        #expect(try update("set", 0..<20_000).status == 200)
        #expect(client.read("virtual-network", id)["annotations"]?["key_value_pair"]?.arrayValue?.count == 20_000)
        #expect(try update("delete", 1..<20_000).status == 200)
        #expect(
            client.read("virtual-network", id)["annotations"]?["key_value_pair"] == [["key": "k0", "value": "v"]])
    }

    @Test func `Thousands of subnets and pools are compared with few of each other`() throws {
        var client = try ConfigClient()
        let blocks = (0..<18_000).map { number in
            ConfigClient.subnet("10.\(number >> 8).\(number & 255).0", 24)
        }
        // They do not overlap, and are too many for one object.
        let all = try client.create(
            "virtual-network",
            ["fq_name": ConfigClient.inProject("n"), "network_ipam_refs": ConfigClient.subnets(blocks)])
        #expect(all.status == 413)
        let overlapping = try client.create(
            "virtual-network",
            [
                "fq_name": ConfigClient.inProject("n"),
                "network_ipam_refs": ConfigClient.subnets(blocks + [ConfigClient.subnet("10.9.9.128", 25)]),
            ])
        #expect(overlapping.status == 400)
        #expect(overlapping.text == "Overlapping addresses: ['10.9.9.0/24', '10.9.9.128/25']")
        let pools = (0..<12_000).map { number -> JSONValue in
            let address = JSONValue.string("10.0.\(number >> 7).\((number & 127) * 2)")
            return ["start": address, "end": address]
        }
        let subnet = ConfigClient.subnet("10.0.0.0", 16, ["allocation_pools": .array(pools)])
        let network = try client.network("pools", [subnet])
        let again = try client.update(
            "virtual-network", network, ["network_ipam_refs": ConfigClient.subnets([subnet]), "display_name": "x"])
        #expect(again.status == 200)
    }

    @Test func `The same tag a hundred thousand times is one tag`() throws {
        var client = try ConfigClient()
        let network = try client.network("n")
        _ = try client.made(
            "tag", ["fq_name": ["label=x"], "tag_type_name": "label", "tag_value": "x", "parent_type": "config-root"])
        func set(_ body: JSONObject) throws -> ConfigClient.Answer {
            var body = body
            body["obj_type"] = "virtual-network"
            body["obj_uuid"] = .string(network)
            return try client.perform(.setTags(body: .object(body)))
        }
        let values = JSONValue.array(Array(repeating: "x", count: 100_000))
        #expect(try set(["label": ["is_global": true, "add_values": values]]).status == 200)
        #expect(client.read("virtual-network", network)["tag_refs"]?.arrayValue?.count == 1)
        #expect(try set(["label": ["is_global": true, "delete_values": values]]).status == 200)
        #expect(client.read("virtual-network", network)["tag_refs"] == nil)
        let types = JSONObject((0..<257).map { ("type\($0)", .null) })
        #expect(try set(types).status == 400)
    }

    /// Each was compared twice on every level: 2^60 comparisons.
    @Test func `Deeply nested values are compared once`() throws {
        func nested(_ innermost: JSONValue) -> JSONValue {
            (0..<60).reduce(innermost) { value, _ in ["a": value] }
        }
        #expect(nested(1) != nested(2))
        #expect(nested(["b": 1, "c": 2]) == nested(["c": 2, "b": 1]))
        #expect(nested(["b": 1, "c": 2]) != nested(["c": 2, "b": 2]))
        let members = (0..<100_000).map { ("m\($0)", JSONValue.integer($0)) }
        #expect(JSONObject(members) == JSONObject(members.reversed()))
        #expect(JSONObject(members) != JSONObject(members.dropLast() + [("x", 1)]))
        #expect(JSONObject(members + [("m5", "new")])["m5"] == "new")
    }
}
