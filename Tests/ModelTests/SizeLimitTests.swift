import Addressing
import HashTreeCollections
import JSON
import Model
import Store
import StoreContents
import Testing

/// What is too large is refused with 413 before it is committed, and what could be made can be deleted.
@Suite(.timeLimit(.minutes(1))) struct SizeLimitTests {
    private static func rules(_ count: Int) -> JSONValue {
        [
            "policy_rule": .array(
                (0..<count).map { number in
                    [
                        "protocol": "tcp", "direction": ">", "ethertype": "IPv4",
                        "src_addresses": [["security_group": "local"]], "src_ports": [],
                        "dst_addresses": [["subnet": ["ip_prefix": "0.0.0.0", "ip_prefix_len": 0]]],
                        "dst_ports": [["start_port": .integer(number), "end_port": .integer(number)]],
                    ]
                })
        ]
    }

    @Test func `A group of more rules than an object may have is refused, one of a few less can be deleted`() throws {
        var client = try ConfigClient()
        func create(_ count: Int) throws -> ConfigClient.Answer {
            try client.create(
                "security-group",
                ["fq_name": ConfigClient.inProject("g\(count)"), "security_group_entries": Self.rules(count)])
        }
        let refused = try create(4600)
        #expect(refused.status == 413)
        #expect(refused.text.contains("at most \(StoreLimits.valueBytes)"))
        for count in [1100, 2500] {
            let made = try create(count)
            #expect(made.status == 200, "\(made.text)")
            let id = try #require(made.json["security-group"]?["uuid"]?.stringValue)
            #expect(try client.update("security-group", id, ["display_name": "x"]).status == 200)
            #expect(try client.delete("security-group", id).status == 200)
        }
    }

    /// The largest object with the most references: its delete is the largest there is.
    @Test func `The largest object that can be made can be deleted`() throws {
        var fixture = try Fixture()
        var targets: [ConfigObject] = []
        for _ in 0..<10 {
            targets += try fixture.change { edit in
                var made: [ConfigObject] = []
                for _ in 0..<(EditLimits.references / 10) {
                    let id = edit.context.newID()
                    let target = ConfigObject(
                        type: "virtual-machine", id: id, fqName: [id.description], parent: nil, properties: [:],
                        references: [:])
                    try edit.create(target)
                    made.append(target)
                }
                return made
            }
        }
        let links = targets.map { Reference(id: $0.id, fqName: [""]) }
        var edit = fixture.edit()
        let id = edit.context.newID()
        let object = ConfigObject(
            type: "tag", id: id, fqName: ["large"], parent: nil, properties: [:],
            references: ["x_refs": Array(links[..<2000])])
        try edit.create(object)
        #expect(try fixture.commit(edit))
        // It grows step by step, as far as it can.
        try fixture.change { edit in
            try edit.update(id, properties: [:], references: ["x_refs": links])
        }
        let filling = String(repeating: "x", count: StoreLimits.valueBytes - 90 * links.count)
        try fixture.change { edit in
            try edit.update(id, properties: ["p": .string(filling)], references: ["x_refs": links])
        }
        var more = fixture.edit()
        let other = ConfigObject(
            type: "domain", id: more.context.newID(), fqName: ["d"], parent: nil, properties: [:], references: [:])
        try more.create(other)
        try more.update(
            id, properties: [:], references: ["x_refs": links + [Reference(id: other.id, fqName: ["d"])]])
        #expect(throws: ModelError.self) { try more.finish() }
        var delete = fixture.edit()
        try delete.delete(id)
        delete.notify("tag.delete.end", object: ObjectLink(type: "tag", id: id)) {
            ["tag_id": .string(id.description), "tag": ["id": "x", "p": .string(filling), "list": [.string(filling)]]]
        }
        #expect(try fixture.commit(delete))
        #expect(fixture.snapshot.objects[id] == nil)
        let notice = try #require(
            fixture.store.list(prefix: StoreKey.outbox("").path).entries.last.map { try JSONValue(parsing: $0.value) })
        #expect(notice["operation"] == "DELETE" && notice["object"] == nil)
        #expect(
            notice["events"] == [
                ["event_type": "tag.delete.end", "payload": ["tag_id": .string(id.description), "tag": ["id": "x"]]]
            ])
    }

    @Test func `Room is left for the record with the answer`() throws {
        var fixture = try Fixture()
        var edit = fixture.edit()
        try edit.create(
            ConfigObject(
                type: "tag", id: edit.context.newID(), fqName: ["t"], parent: nil,
                properties: ["p": .string(String(repeating: "x", count: 700_000))], references: [:]))
        let transaction = try edit.finish(reserving: 500_000)
        #expect(try transaction.checkLimits() + 500_000 <= StoreLimits.transactionBytes)
        for room in [800_000, StoreLimits.valueBytes + 1] {
            let error = #expect(throws: ModelError.self) { try edit.finish(reserving: room) }
            #expect(error?.code == .tooLarge)
        }
    }

    @Test func `A client's own value is as large as the store takes it`() throws {
        var client = try ConfigClient()
        let value = JSONValue.string(String(repeating: "x", count: StoreLimits.valueBytes))
        let answer = try client.perform(
            .changeUserAgentValue(body: ["operation": "STORE", "key": "k", "value": value]))
        #expect(answer.status == 413)
    }
}
