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
    /// The configuration that a listing of the whole store holds. What cannot be read of it is in ``quarantine``.
    package init(schema: Schema, listing: Listing) {
        self.init(schema: schema, revision: listing.revision)
        let prefix = StoreKey.outbox("").path.utf8
        let isWaiting = { (entry: StoredEntry) in entry.key.utf8.starts(with: prefix) }
        // All at once: their order is that of their revisions, and not of their keys.
        outbox = Outbox(listing.entries.filter(isWaiting), listing: listing.revision)
        for entry in listing.entries where !isWaiting(entry) { _ = put(entry) }
        guard !quarantine.isEmpty else { return }
        for entry in listing.entries where StoreKey.isDerived(entry.key) { quarantine.put(entry) }
    }

    /// Takes the next batch of the watch. The revision moves on even when no event is Skein's. An object that has become
    /// unreadable is one that is gone, for all but ``quarantine``.
    ///
    /// - Returns: the objects that changed, in the batch's order.
    package mutating func apply(_ batch: WatchBatch) -> [ObjectChange] {
        var changes: [ObjectChange] = []
        for event in batch.events {
            switch event {
            case .put(let entry):
                if let change = put(entry) { changes.append(change) }
            case .delete(let path):
                if let change = delete(path) { changes.append(change) }
            }
        }
        revision = max(revision, batch.revision)
        if !quarantine.isEmpty {
            for event in batch.events where StoreKey.isDerived(event.key) {
                switch event {
                case .put(let entry): quarantine.put(entry)
                case .delete(let path): quarantine.delete(path)
                }
            }
        }
        return changes
    }

    private mutating func put(_ entry: StoredEntry) -> ObjectChange? {
        if StoreKey.isDerived(entry.key) { return nil }
        switch StoreKey(path: entry.key) {
        case .object(let type, let id):
            let object: ConfigObject
            do throws(ModelError) {
                guard schema.types[type] != nil else {
                    throw ModelError(.corrupt, "its type is not one that this version knows")
                }
                object = try ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
            } catch {
                let change = delete(entry.key)
                quarantine.add(UnreadableObject(entry, reason: error.message), old: change?.old)
                return change
            }
            quarantine.remove(entry.key)
            let old = objects.updateValue(object, forKey: id)
            byType[type, default: [:]][id] = object
            if old == nil { names[TypedName(type: type, fqName: object.fqName)] = id }
            if old?.fqName != object.fqName {
                if let old { order[type]?.remove(ListKey(old)) }
                order[type, default: []].insert(ListKey(object))
            }
            link(id, type: type, from: old?.targets ?? [], to: object.targets)
            count(old, object)
            return ObjectChange(id: id, old: old, new: object)
        case .address(let network, let address):
            addresses[network, default: [:]][address] = Self.allocation(entry)
        case .mac(let network, let address):
            macs[network, default: [:]][address] = Self.allocation(entry)
        case .number(let range, let number):
            numbers[range, default: [:]][number] = Self.allocation(entry)
        case .quota(let space, let part): quotaRooms[space, default: [:]][part] = QuotaRoom(entry)
        case .outbox: outbox.put(entry)
        case .setAside(let id): setAside[id] = entry
        case .noticeLosses: noticeLosses = entry
        case .request(let id): requests[id] = entry
        case .leader(let name): leaders[name] = entry
        case .userAgentValue(let key): userAgentValues.insert(OrderedEntry(key: key, value: entry.value))
        case .name, .reference: break
        case nil:
            guard entry.key.hasPrefix(StoreKey.objects) else { break }
            quarantine.add(UnreadableObject(entry, reason: "its key does not end with a type and an id"), old: nil)
        }
        return nil
    }

    private mutating func delete(_ path: String) -> ObjectChange? {
        if StoreKey.isDerived(path) { return nil }
        switch StoreKey(path: path) {
        case .object(let type, let id):
            quarantine.remove(path)
            guard let old = object(id, type: type) else { return nil }
            link(id, type: type, from: old.targets, to: [])
            objects[id] = nil
            byType[type]?[id] = nil
            count(old, nil)
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
        case .quota(let space, let part):
            quotaRooms[space]?[part] = nil
            if quotaRooms[space]?.isEmpty ?? false { quotaRooms[space] = nil }
        case .outbox: outbox.delete(path)
        case .setAside(let id): setAside[id] = nil
        case .noticeLosses: noticeLosses = nil
        case .request(let id): requests[id] = nil
        case .leader(let name): leaders[name] = nil
        case .userAgentValue(let key): userAgentValues.remove(key)
        case .name, .reference: break
        case nil: quarantine.remove(path)
        }
        return nil
    }

    /// Notes whom an object refers to; what stays as it was costs no copy of a part of the tree.
    private mutating func link(_ id: ObjectID, type: String, from before: Set<ObjectID>, to after: Set<ObjectID>) {
        for target in before where !after.contains(target) {
            inbound[target]?[type]?.remove(id)
            if inbound[target]?[type]?.isEmpty ?? false { inbound[target]?[type] = nil }
            if inbound[target]?.isEmpty ?? false { inbound[target] = nil }
        }
        for target in after where !before.contains(target) {
            inbound[target, default: [:]][type, default: []].insert(id)
        }
    }

    /// Counts a new object for its project, and what it replaces no more.
    private mutating func count(_ old: ConfigObject?, _ new: ConfigObject?) {
        for (space, difference) in QuotaSpace.differences(from: old, to: new, schema) {
            let count = usages[space, default: 0] + difference
            usages[space] = count == 0 ? nil : count
        }
    }

    /// What a value says; the holder's id is one of zeros when it cannot be read, so that what is taken stays taken.
    private static func allocation(_ entry: StoredEntry) -> Allocation {
        let holder = ObjectID(String(decoding: entry.value, as: UTF8.self)) ?? ObjectID(bits: 0)
        return Allocation(holder: holder, since: entry.modified)
    }
}
