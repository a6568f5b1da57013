import Addressing
import HashTreeCollections
import JSON
import Ordered
import Store

/// What one batch of events did to an object.
package struct ObjectChange: Sendable {
    package let id: ObjectID
    /// Nil when it was made.
    package let old: ConfigObject?
    /// Nil when it was deleted.
    package let new: ConfigObject?
}

extension Snapshot {
    /// The configuration that a listing of the whole store holds.
    ///
    /// - Throws: ``ModelError/Code/corrupt`` when an object cannot be read.
    package init(schema: Schema, listing: Listing) throws(ModelError) {
        self.init(schema: schema, revision: listing.revision)
        for entry in listing.entries { _ = try put(entry) }
    }

    /// Takes the next batch of the watch. The revision moves on even when no event is Skein's.
    ///
    /// - Returns: the objects that changed, in the batch's order.
    /// - Throws: ``ModelError/Code/corrupt``; the snapshot is then partly changed and must be thrown away.
    package mutating func apply(_ batch: WatchBatch) throws(ModelError) -> [ObjectChange] {
        var changes: [ObjectChange] = []
        for event in batch.events {
            switch event {
            case .put(let entry):
                if let change = try put(entry) { changes.append(change) }
            case .delete(let path):
                if let change = delete(path) { changes.append(change) }
            }
        }
        revision = max(revision, batch.revision)
        return changes
    }

    private mutating func put(_ entry: StoredEntry) throws(ModelError) -> ObjectChange? {
        switch StoreKey(path: entry.key) {
        case .object(let type, let id):
            let object = try ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
            let old = objects[id]
            if let old { unlink(old) }
            objects[id] = object
            byType[type, default: [:]][id] = object
            names[TypedName(type: type, fqName: object.fqName)] = id
            if old?.fqName != object.fqName {
                if let old { order[type]?.remove(ListKey(old)) }
                order[type, default: []].insert(ListKey(object))
            }
            for target in object.targets { inbound[target, default: [:]][type, default: []].insert(id) }
            return ObjectChange(id: id, old: old, new: object)
        case .address(let network, let address):
            addresses[network, default: [:]][address] = Self.holder(entry)
        case .mac(let network, let address):
            macs[network, default: [:]][address] = Self.holder(entry)
        case .number(let range, let number):
            numbers[range, default: [:]][number] = Self.holder(entry)
        case .outbox: outbox[entry.key] = entry
        case .request(let id): requests[id] = entry
        case .leader(let name): leaders[name] = entry
        case .userAgentValue(let key): userAgentValues.insert(OrderedEntry(key: key, value: entry.value))
        case .name, .reference, nil: break
        }
        return nil
    }

    private mutating func delete(_ path: String) -> ObjectChange? {
        switch StoreKey(path: path) {
        case .object(let type, let id):
            guard let old = objects[id] else { return nil }
            unlink(old)
            objects[id] = nil
            byType[type]?[id] = nil
            order[type]?.remove(ListKey(old))
            // The same transaction may have given the name to another object.
            let name = TypedName(type: type, fqName: old.fqName)
            if names[name] == id { names[name] = nil }
            return ObjectChange(id: id, old: old, new: nil)
        case .address(let network, let address):
            addresses[network]?[address] = nil
            if addresses[network]?.isEmpty ?? false { addresses[network] = nil }
        case .mac(let network, let address):
            macs[network]?[address] = nil
            if macs[network]?.isEmpty ?? false { macs[network] = nil }
        case .number(let range, let number): numbers[range]?[number] = nil
        case .outbox: outbox[path] = nil
        case .request(let id): requests[id] = nil
        case .leader(let name): leaders[name] = nil
        case .userAgentValue(let key): userAgentValues.remove(key)
        case .name, .reference, nil: break
        }
        return nil
    }

    private mutating func unlink(_ object: ConfigObject) {
        for target in object.targets {
            inbound[target]?[object.type]?.remove(object.id)
            if inbound[target]?[object.type]?.isEmpty ?? false { inbound[target]?[object.type] = nil }
            if inbound[target]?.isEmpty ?? false { inbound[target] = nil }
        }
    }

    /// The holder's id that an allocation's value names; an id of zeros when it cannot be read, so that what is taken
    /// stays taken.
    private static func holder(_ entry: StoredEntry) -> ObjectID {
        ObjectID(String(decoding: entry.value, as: UTF8.self)) ?? ObjectID(bits: 0)
    }
}
