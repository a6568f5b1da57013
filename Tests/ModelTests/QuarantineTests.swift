import Addressing
import HashTreeCollections
import JSON
import Model
import Store
import StoreContents
import Testing

/// An object that cannot be read stops nothing, keeps what is its own, and is an object again when it can be read.
@Suite struct QuarantineTests {
    private static let damages: [(String, String)] = [
        ("", ""), ("{\"uuid\":", ""), ("[]", "no JSON object"), (#"{"fq_name":[]}"#, "fq_name"),
        (#"{"fq_name":["a",1]}"#, "fq_name"), (#"{"fq_name":["a"],"skein:format":2}"#, "format 2"),
        (#"{"fq_name":["a"],"skein:format":"next"}"#, "format"),
        (#"{"fq_name":["a"],"tag_refs":[{"to":["x"]}]}"#, "tag_refs"),
    ]

    /// A domain with a project in it, which refers to a tag.
    private struct Cloud {
        var fixture: Fixture
        let domain: ConfigObject
        let project: ConfigObject
        let tag: ConfigObject

        init() throws {
            var fixture = try Fixture()
            (domain, project, tag) = try fixture.change { edit in
                let domain = ConfigObject(
                    type: "domain", id: edit.context.newID(), fqName: ["d"], parent: nil, properties: [:],
                    references: [:])
                let tag = ConfigObject(
                    type: "tag", id: edit.context.newID(), fqName: ["t"], parent: nil, properties: [:], references: [:])
                let project = ConfigObject(
                    type: "project", id: edit.context.newID(), fqName: ["d", "p"],
                    parent: ObjectLink(type: "domain", id: domain.id), properties: [:],
                    references: ["tag_refs": [Reference(id: tag.id, fqName: tag.fqName)]])
                for object in [domain, tag, project] { try edit.create(object) }
                edit.claim(.number(.virtualNetwork, 7), for: project.id)
                return (domain, project, tag)
            }
            self.fixture = fixture
        }

        var path: String { StoreKey.object(type: "project", id: project.id).path }

        mutating func put(_ text: String) throws {
            _ = try fixture.store.commit(Transaction(changes: [.put(path, Array(text.utf8), lease: nil)]))
        }

        var empty: Snapshot { Snapshot(schema: fixture.snapshot.schema) }
        var listed: Snapshot { Snapshot(schema: fixture.snapshot.schema, listing: fixture.store.list()) }
    }

    @Test(arguments: damages) func itIsSetAsideInAListingAndInAWatch(text: String, reason: String) throws {
        var cloud = try Cloud()
        try cloud.put(text)
        try cloud.fixture.catchUp()
        for snapshot in [cloud.fixture.snapshot, cloud.listed] {
            #expect(snapshot.revision == cloud.fixture.store.revision)
            #expect(snapshot.objects[cloud.project.id] == nil)
            #expect(snapshot.object(type: "project", fqName: ["d", "p"]) == nil)
            #expect(snapshot.objects[cloud.domain.id] != nil)
            #expect(snapshot.quarantine.all.map(\.path) == [cloud.path])
            #expect(snapshot.quarantine.all.first?.reason.contains(reason) == true, "\(snapshot.quarantine.all)")
            #expect(snapshot.quarantine.object(type: "project", fqName: ["d", "p"])?.path == cloud.path)
        }
        #expect(cloud.listed.quarantine == cloud.fixture.snapshot.quarantine)
        // Others are changed as before, and a snapshot that has seen it all along is the same as a fresh one.
        try cloud.fixture.change { edit in try edit.update(cloud.domain.id, properties: ["a": 1], references: [:]) }
        #expect(cloud.listed.quarantine == cloud.fixture.snapshot.quarantine)
        try cloud.put(String(decoding: JSONValue.object(cloud.project.stored).bytes, as: UTF8.self))
        try cloud.fixture.catchUp()
        #expect(cloud.fixture.snapshot.quarantine.isEmpty)
        #expect(cloud.fixture.snapshot.quarantine == cloud.empty.quarantine)
        #expect(cloud.fixture.snapshot.object(type: "project", fqName: ["d", "p"])?.id == cloud.project.id)
        try checkReplica(cloud.fixture.snapshot, of: cloud.fixture.store)
    }

    @Test func aTypeOfANewerVersionIsSetAside() throws {
        var cloud = try Cloud()
        let id = try #require(ObjectID("00000000-0000-4000-8000-00000000000f"))
        for path in [StoreKey.object(type: "teleporter", id: id).path, "/objects/project/nobody", "/objects/x"] {
            let value = Array(#"{"fq_name":["x"]}"#.utf8)
            _ = try cloud.fixture.store.commit(Transaction(changes: [.put(path, value, lease: nil)]))
        }
        try cloud.fixture.catchUp()
        #expect(cloud.fixture.snapshot.quarantine.count == 3)
        #expect(cloud.listed.quarantine == cloud.fixture.snapshot.quarantine)
        _ = try cloud.fixture.store.commit(
            Transaction(changes: [.deletePrefix("/objects/x"), .delete("/objects/project/nobody")]))
        try cloud.fixture.catchUp()
        #expect(cloud.fixture.snapshot.quarantine.all.map(\.link) == [ObjectLink(type: "teleporter", id: id)])
    }

    @Test func nothingThatIsItsOwnIsTakenAway() throws {
        var cloud = try Cloud()
        try cloud.put("{")
        try cloud.fixture.catchUp()
        let before = cloud.fixture.store.revision
        for snapshot in [cloud.fixture.snapshot, cloud.listed] {
            func refused(_ change: (inout GraphEdit) throws -> Void) throws {
                var edit = GraphEdit(base: snapshot, context: cloud.fixture.context())
                let error = #expect(throws: ModelError.self) {
                    try change(&edit)
                    _ = try edit.finish()
                }
                #expect(error?.code == .unreadable)
                #expect(error?.message.contains("skein unreadable") == true)
            }
            let (domain, project, tag) = (cloud.domain, cloud.project, cloud.tag)
            // Its id, its name, what it refers to, its parent, and itself as the target and the parent of others.
            try refused { edit in
                try edit.create(
                    ConfigObject(
                        type: "project", id: project.id, fqName: ["d", "q"], parent: nil, properties: [:],
                        references: [:]))
            }
            try refused { edit in
                try edit.create(
                    ConfigObject(
                        type: "project", id: edit.context.newID(), fqName: ["d", "p"], parent: nil, properties: [:],
                        references: [:]))
            }
            try refused { try $0.delete(tag.id) }
            try refused { try $0.delete(domain.id) }
            try refused { edit in
                try edit.update(
                    domain.id, properties: [:],
                    references: ["project_refs": [Reference(id: project.id, fqName: project.fqName)]])
            }
            #expect(snapshot.holder(of: 7, range: .virtualNetwork) == project.id)
            #expect(
                snapshot.quarantine.object(namedIn: ["body": ["x": [.string(project.id.description)]]])?.path
                    == cloud.path)
            #expect(snapshot.quarantine.object(namedIn: ["to": ["d", "p"]])?.path == cloud.path)
            #expect(snapshot.quarantine.object(namedIn: ["fq_name": ["d", "p", "child"]])?.path == cloud.path)
            #expect(snapshot.quarantine.object(namedIn: ["fq_name": ["d", "other"], "n": [1, nil]]) == nil)
        }
        #expect(cloud.fixture.store.revision == before)
    }

    @Test func anOperatorGetsRidOfItWithAllThatItHolds() throws {
        var cloud = try Cloud()
        try cloud.put("{")
        try cloud.fixture.catchUp()
        let object = try #require(cloud.fixture.snapshot.quarantine[cloud.project.id])
        let transaction = try UnreadableRemoval.transaction(object, in: cloud.fixture.store.list())
        // Not after it has changed.
        var other = cloud
        try other.put("[")
        #expect(try other.fixture.store.commit(transaction) == .refused(at: other.fixture.store.revision))
        #expect(try cloud.fixture.store.commit(transaction) == .committed(cloud.fixture.store.revision))
        try cloud.fixture.catchUp()
        #expect(cloud.fixture.snapshot.quarantine == cloud.empty.quarantine)
        #expect(cloud.fixture.snapshot.holder(of: 7, range: .virtualNetwork) == nil)
        #expect(cloud.fixture.store.list().entries.allSatisfy { !$0.key.contains(cloud.project.id.description) })
        try cloud.fixture.change { edit in
            try edit.delete(cloud.tag.id)
            try edit.delete(cloud.domain.id)
        }
        #expect(cloud.fixture.snapshot.objects.isEmpty)
    }

    @Test func whatOthersReferToStays() throws {
        var cloud = try Cloud()
        let path = StoreKey.object(type: "domain", id: cloud.domain.id).path
        _ = try cloud.fixture.store.commit(Transaction(changes: [.put(path, [], lease: nil)]))
        try cloud.fixture.catchUp()
        let object = try #require(cloud.fixture.snapshot.quarantine[cloud.domain.id])
        let error = #expect(throws: ModelError.self) {
            try UnreadableRemoval.transaction(object, in: cloud.fixture.store.list())
        }
        #expect(error?.objects == [cloud.project.id])
    }
}
