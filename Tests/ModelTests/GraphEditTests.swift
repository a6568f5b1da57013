import Addressing
import HashTreeCollections
import JSON
import Model
import Store
import StoreContents
import Testing

@Suite struct GraphEditTests {
    private static func object(
        _ edit: inout GraphEdit, _ type: String, _ fqName: [String], parent: ConfigObject? = nil,
        references: [String: [Reference]] = [:], properties: JSONObject = [:]
    ) -> ConfigObject {
        ConfigObject(
            type: type, id: edit.context.newID(), fqName: fqName,
            parent: parent.map { ObjectLink(type: $0.type, id: $0.id) }, properties: properties, references: references)
    }

    @Test func `An object is read as it was stored`() throws {
        var fixture = try Fixture()
        let (target, object) = try fixture.change { edit in
            let target = Self.object(&edit, "route-target", ["target:64512:1"])
            try edit.create(target)
            let object = Self.object(
                &edit, "virtual-machine", ["a:b", "ü/%\"\u{1F980}"], parent: target,
                references: [
                    "x_refs": [
                        Reference(id: target.id, fqName: target.fqName, attribute: ["a": [1, nil, "x"]]),
                        Reference(id: target.id, fqName: target.fqName, isRelaxed: true),
                    ]
                ],
                properties: [
                    "high": .unsigned(.max), "low": .integer(.min), "fraction": .number(0.5), "nothing": nil,
                    "odd_refs": ["no": "list"], "deep": ["list": [["a": true]]],
                ])
            try edit.create(object)
            return (target, object)
        }
        let read = try #require(fixture.snapshot.objects[object.id])
        #expect(read.stored == object.stored)
        #expect(read.fqName == object.fqName)
        #expect(read.parent == ObjectLink(type: "route-target", id: target.id))
        #expect(read.references == object.references)
        #expect(read.modified == fixture.store.revision)
        try checkReplica(fixture.snapshot, of: fixture.store)
    }

    @Test func `What is stored but no object is refused as corrupt`() throws {
        let id = try #require(ObjectID("00000000-0000-4000-8000-000000000001"))
        for text in [
            "", "{", "[]", "{}", #"{"fq_name":"x"}"#, #"{"fq_name":["x"],"parent_type":"project"}"#,
            #"{"fq_name":["x"],"tag_refs":[{"to":["x"]}]}"#,
        ] {
            #expect(throws: ModelError.self, "\(text)") {
                try ConfigObject(type: "tag", id: id, stored: Array(text.utf8), modified: .none)
            }
        }
    }

    @Test func `Names and ids are taken once`() throws {
        var fixture = try Fixture()
        let first = try fixture.change { edit in
            try edit.add(Self.object(&edit, "virtual-machine", ["a"]))
        }
        var edit = fixture.edit()
        #expect(throws: ModelError.self) { try edit.create(Self.object(&edit, "virtual-machine", ["a"])) }
        #expect(throws: ModelError.self) {
            try edit.create(
                ConfigObject(
                    type: "tag", id: first.id, fqName: ["b"], parent: nil, properties: [:], references: [:]))
        }
        // The same name in another type is another name; and a name that was given up in the same edit is free.
        try edit.create(Self.object(&edit, "domain", ["a"]))
        try edit.delete(first.id)
        try edit.create(Self.object(&edit, "virtual-machine", ["a"]))
        #expect(try fixture.commit(edit))
        try checkReplica(fixture.snapshot, of: fixture.store)
        #expect(fixture.snapshot.object(type: "virtual-machine", fqName: ["a"])?.id != first.id)
    }

    @Test func `A delete with its dependents is refused when a foreign reference arrives meanwhile`() throws {
        var fixture = try Fixture.bootstrapped()
        let network = try fixture.change { edit in
            try edit.add(Self.object(&edit, "virtual-network", ["d", "p", "n"]))
        }
        let instance = try #require(
            fixture.snapshot.object(type: "routing-instance", fqName: ["d", "p", "n", "n"]))
        // The delete takes the routing-instance along: its own reference is the gap in the range.
        var delete = fixture.edit()
        try delete.remove(network.id)
        for target in [network, instance] {
            var early = fixture
            _ = try early.change { edit in
                try edit.add(
                    Self.object(
                        &edit, "virtual-machine", ["vm"],
                        references: ["x_refs": [Reference(id: target.id, fqName: target.fqName)]]))
            }
            #expect(try !early.commit(delete), "\(target.type)")
            try checkInvariants(early.store, schema: early.snapshot.schema)
        }
        #expect(try fixture.commit(delete))
        #expect(fixture.snapshot.object(type: "routing-instance", fqName: ["d", "p", "n", "n"]) == nil)
        try checkInvariants(fixture.store, schema: fixture.snapshot.schema)
    }

    @Test func `A new reference is refused when its target is deleted meanwhile`() throws {
        var fixture = try Fixture()
        let target = try fixture.change { edit in try edit.add(Self.object(&edit, "virtual-machine", ["vm"])) }
        var refer = fixture.edit()
        try refer.add(
            Self.object(
                &refer, "tag", ["t"], references: ["x_refs": [Reference(id: target.id, fqName: target.fqName)]]))
        try fixture.change { try $0.remove(target.id) }
        #expect(try !fixture.commit(refer))
        #expect(throws: ModelError.self) {
            var late = fixture.edit()
            try late.add(
                Self.object(
                    &late, "tag", ["t"], references: ["x_refs": [Reference(id: target.id, fqName: target.fqName)]]))
            _ = try late.finish()
        }
    }

    @Test func `What refers to an object blocks its delete and is named`() throws {
        var fixture = try Fixture()
        let (target, referrer) = try fixture.change { edit in
            let target = try edit.add(Self.object(&edit, "virtual-machine", ["vm"]))
            let referrer = try edit.add(
                Self.object(
                    &edit, "virtual-router", ["r"],
                    references: ["virtual_machine_refs": [Reference(id: target.id, fqName: target.fqName)]]))
            return (target, referrer)
        }
        var edit = fixture.edit()
        try edit.remove(target.id)
        let error = #expect(throws: ModelError.self) { try edit.finish() }
        #expect(error?.code == .inUse)
        #expect(error?.objects == [referrer.id])
        try edit.remove(referrer.id)
        #expect(try fixture.commit(edit))
        try checkInvariants(fixture.store, schema: fixture.snapshot.schema)
    }

    @Test func `An object that refers to itself can be deleted`() throws {
        var fixture = try Fixture()
        let object = try fixture.change { edit in try edit.add(Self.object(&edit, "virtual-network", ["a", "b", "n"])) }
        _ = try fixture.change { edit in
            try edit.change(
                object.id, properties: object.properties,
                references: ["virtual_network_refs": [Reference(id: object.id, fqName: object.fqName)]])
        }
        try checkInvariants(fixture.store, schema: fixture.snapshot.schema)
        try fixture.change { try $0.remove(object.id) }
        #expect(fixture.snapshot.objects.isEmpty)
        try checkInvariants(fixture.store, schema: fixture.snapshot.schema)
    }

    @Test func `Of two changes of one object on the same snapshot the store accepts one`() throws {
        var fixture = try Fixture()
        let object = try fixture.change { edit in try edit.add(Self.object(&edit, "virtual-machine", ["vm"])) }
        var first = fixture.edit()
        var second = fixture.edit()
        try first.change(object.id, properties: ["display_name": "first"], references: [:])
        try second.change(object.id, properties: ["display_name": "second"], references: [:])
        #expect(try fixture.commit(first))
        #expect(try !fixture.commit(second))
        #expect(fixture.snapshot.objects[object.id]?.displayName == "first")
    }

    @Test func `Each changed object gives one notice, in the transaction itself`() throws {
        var fixture = try Fixture()
        let object = try fixture.change { edit in try edit.add(Self.object(&edit, "virtual-machine", ["vm"])) }
        _ = try fixture.change { edit in
            try edit.change(object.id, properties: ["display_name": "x"], references: [:])
        }
        try fixture.change { try $0.remove(object.id) }
        let notices = try fixture.snapshot.outbox.all.sorted { $0.modified < $1.modified }
            .map { try JSONValue(parsing: $0.value) }
        #expect(notices.map { $0["operation"]?.stringValue } == ["CREATE", "UPDATE", "DELETE"])
        #expect(notices.allSatisfy { $0["uuid"] == .string(object.id.description) && $0["fq_name"] == ["vm"] })
        #expect(notices.map { $0["object"] != nil } == [true, false, true])
    }

    @Test func `What was released and taken again in one edit can be released again`() throws {
        var fixture = try Fixture()
        let network = try #require(ObjectID("00000000-0000-4000-8000-000000000001"))
        let key = StoreKey.mac(network: network, address: MACAddress(bits: 5))
        try fixture.change { $0.claim(key, for: network) }
        var edit = fixture.edit()
        edit.release(key, of: network)
        edit.claim(key, for: network)
        edit.release(key, of: network)
        #expect(edit.isReleased(key))
        #expect(try fixture.commit(edit))
        #expect(fixture.snapshot.holder(of: MACAddress(bits: 5), network: network) == nil)
    }
}
