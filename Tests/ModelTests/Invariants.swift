import Addressing
import HashTreeCollections
import JSON
import Model
import Store
import StoreContents
import Testing

/// What holds in every store, whatever was tried: checked on the store's own entries, not on a replica's indexes.
func checkInvariants(_ store: StoreContents, schema: Schema, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var objects: [ObjectID: ConfigObject] = [:]
    var expectedFacts: [String: String] = [:]
    var facts: [String: String] = [:]
    for entry in store.list(prefix: StoreKey.root).entries {
        switch StoreKey(path: entry.key) {
        case .object(let type, let id):
            objects[id] = try ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
        case .outbox, .request, .leader, .userAgentValue: break
        default: facts[entry.key] = String(decoding: entry.value, as: UTF8.self)
        }
    }
    func expect(_ key: StoreKey, _ value: String) {
        #expect(expectedFacts[key.path] == nil, "\(key.path) is held twice", sourceLocation: sourceLocation)
        expectedFacts[key.path] = value
    }
    for object in objects.values {
        expect(.name(type: object.type, fqName: object.fqName), object.id.description)
        for target in object.targets {
            #expect(objects[target] != nil, "\(object.type) refers to nothing", sourceLocation: sourceLocation)
            expect(.reference(target: target, source: object.id), object.type)
        }
        let holder = object.id.description
        let network = object.references("virtual_network_refs").first?.id
        switch object.type {
        case "virtual-network":
            expect(.number(.virtualNetwork, object.properties["virtual_network_network_id"]?.integerValue ?? 0), holder)
        case "security-group":
            expect(.number(.securityGroup, object.properties["security_group_id"]?.integerValue ?? 0), holder)
        case "instance-ip":
            let text = object.properties["instance_ip_address"]?.stringValue ?? ""
            let address = try #require(IPAddress(text), sourceLocation: sourceLocation)
            expect(.address(network: try #require(network), address: address), holder)
        case "virtual-machine-interface":
            expect(.mac(network: try #require(network), address: try #require(object.macAddress)), holder)
        default: break
        }
    }
    #expect(facts == expectedFacts, sourceLocation: sourceLocation)
}

/// That a replica fed by the watch equals one made from a listing.
func checkReplica(_ snapshot: Snapshot, of store: StoreContents, sourceLocation: SourceLocation = #_sourceLocation)
    throws
{
    let listed = try Snapshot(schema: snapshot.schema, listing: store.list())
    #expect(snapshot.revision == listed.revision, sourceLocation: sourceLocation)
    #expect(Set(snapshot.objects.keys) == Set(listed.objects.keys), sourceLocation: sourceLocation)
    for object in listed.objects.values {
        let mine = try #require(snapshot.objects[object.id], sourceLocation: sourceLocation)
        #expect(mine.stored == object.stored && mine.modified == object.modified, sourceLocation: sourceLocation)
        #expect(
            snapshot.object(type: object.type, fqName: object.fqName)?.id == object.id, sourceLocation: sourceLocation)
        #expect(snapshot.object(object.id, type: object.type) != nil, sourceLocation: sourceLocation)
        let referrers = { (snapshot: Snapshot) in Set(snapshot.referrers(of: object.id).map(\.id)) }
        #expect(referrers(snapshot) == referrers(listed), sourceLocation: sourceLocation)
        #expect(
            snapshot.allocatedAddresses(network: object.id) == listed.allocatedAddresses(network: object.id),
            sourceLocation: sourceLocation)
    }
    for type in snapshot.schema.types.keys {
        #expect(
            snapshot.objects(ofType: type).count == listed.objects(ofType: type).count, sourceLocation: sourceLocation)
    }
    #expect(snapshot.outbox == listed.outbox, sourceLocation: sourceLocation)
}
