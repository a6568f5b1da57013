import Addressing
import HashTreeCollections
import JSON
import Store
import Time

/// A change of several objects that is committed as one transaction.
///
/// It starts from a snapshot, shows its own changes to whoever asks it, and ends as a ``Store/Transaction`` whose
/// preconditions are exactly what the decision was based on: objects changed meanwhile, names and numbers taken, targets
/// deleted or new referrers all make the store refuse it, and the request is then decided again on a newer snapshot.
package struct GraphEdit: Sendable {
    package let base: Snapshot
    package var context: EditContext
    private var current: [ObjectID: ConfigObject?] = [:]
    private var order: [ObjectID] = []
    private var puts: [String: [UInt8]] = [:]
    private var deletes: Set<String> = []
    private var preconditions: Set<Precondition> = []
    private var events: [NeutronEvent] = []
    /// What is counted under a limit of the API that asks.
    var limitedQuotas: Set<QuotaSpace> = []
    private var deletedPrefixes: Set<String> = []

    package init(base: Snapshot, context: EditContext) {
        self.base = base
        self.context = context
    }

    /// An event of Neutron's notification format, such as `network.create.end` with `{"network": {…}}`.
    private struct NeutronEvent {
        let name: String
        let payload: @Sendable () -> JSONObject
        let object: ObjectLink
    }

    /// The object as it will be; nil when there is none or it is deleted.
    package func object(_ id: ObjectID) -> ConfigObject? {
        if let changed = current[id] { return changed }
        return base.objects[id]
    }

    /// The object as it will be, when it is of the given type.
    package func object(_ id: ObjectID, type: String) -> ConfigObject? {
        guard let object = object(id), object.type == type else { return nil }
        return object
    }

    /// The object with this full name as it will be.
    package func object(type: String, fqName: [String]) -> ConfigObject? {
        for case let object?? in order.map({ current[$0] }) where object.type == type && object.fqName == fqName {
            return object
        }
        guard let found = base.object(type: type, fqName: fqName) else { return nil }
        return object(found.id)
    }

    /// Every object that will refer to `id` or be its child, in the order of their ids.
    package func referrers(of id: ObjectID) -> [ConfigObject] {
        var referrers: [ObjectID: ConfigObject] = [:]
        for referrer in base.referrers(of: id) where current[referrer.id] == nil { referrers[referrer.id] = referrer }
        for case let changed?? in order.map({ current[$0] }) where changed.targets.contains(id) {
            referrers[changed.id] = changed
        }
        return referrers.values.sorted { $0.id < $1.id }
    }

    /// What has been changed so far, in order: each object as the snapshot has it, and as it will be.
    package var changes: [(old: ConfigObject?, new: ConfigObject?)] {
        order.map { (old: base.objects[$0], new: current[$0] ?? nil) }
    }

    /// Whether nothing has been changed yet.
    package var isEmpty: Bool { order.isEmpty && puts.isEmpty && deletes.isEmpty }

    /// Adds an object.
    ///
    /// - Throws: ``ModelError/Code/taken`` when its id or full name is.
    package mutating func create(_ object: ConfigObject) throws(ModelError) {
        if let holder = self.object(type: object.type, fqName: object.fqName) {
            throw ModelError(
                .taken, "\(object.type) \(object.fqName.joined(separator: ":")) already exists", objects: [holder.id])
        }
        if self.object(object.id) != nil {
            throw ModelError(.taken, "\(object.id) already exists", objects: [object.id])
        }
        record(object.id, object)
    }

    /// Replaces an object's properties and references.
    ///
    /// - Throws: ``ModelError/Code/notFound``.
    package mutating func update(
        _ id: ObjectID, properties: JSONObject, references: [String: [Reference]]
    ) throws(ModelError) {
        guard let old = object(id) else { throw ModelError(.notFound, "\(id) does not exist") }
        record(id, old.with(properties: properties, references: references))
    }

    /// Deletes an object. That nothing refers to it any more is checked by ``finish()``.
    ///
    /// - Throws: ``ModelError/Code/notFound``.
    package mutating func delete(_ id: ObjectID) throws(ModelError) {
        guard object(id) != nil else { throw ModelError(.notFound, "\(id) does not exist") }
        record(id, nil)
    }

    /// Makes the transaction depend on an object staying as the snapshot has it: the decision was based on its content.
    package mutating func rely(on id: ObjectID) {
        guard let object = base.objects[id] else { return }
        let path = StoreKey.object(type: object.type, id: id).path
        preconditions.insert(.unmodified(path, since: object.modified))
    }

    /// Makes the transaction depend on one more condition.
    mutating func require(_ precondition: Precondition) { preconditions.insert(precondition) }

    /// Takes a key for a holder. Whoever commits first has it.
    package mutating func claim(_ key: StoreKey, for holder: ObjectID) {
        let path = key.path
        // What this edit gives back itself is replaced; what guards giving it back guards this too.
        if deletes.remove(path) == nil { preconditions.insert(.absent(path)) }
        puts[path] = Array(holder.description.utf8)
    }

    /// Gives back what the holder holds; nothing when it does not hold it.
    ///
    /// The key must be in the store as the snapshot has it: an address, a MAC address or a number that somebody else
    /// has given back and a third one has taken meanwhile is never released. Of other keys, such as the id of a tag, the
    /// snapshot knows no revision: their holder is an object that this edit changes or deletes, and which must be
    /// unmodified itself.
    package mutating func release(_ key: StoreKey, of holder: ObjectID) {
        let path = key.path
        if puts.removeValue(forKey: path) != nil {
            if preconditions.remove(.absent(path)) == nil { deletes.insert(path) }
            return
        }
        switch key {
        case .address, .mac, .number:
            guard let allocation = base.allocation(key), allocation.holder == holder else { return }
            preconditions.insert(.unmodified(path, since: allocation.since))
        default: break
        }
        deletes.insert(path)
    }

    /// Deletes every key below a prefix, whatever is there when the edit is committed.
    mutating func deleteAll(below prefix: String) { deletedPrefixes.insert(prefix) }

    /// Whether this edit, or another request of this process, is about to take the key.
    package func isPending(_ key: StoreKey) -> Bool {
        let path = key.path
        return puts[path] != nil || context.pendingKeys.contains(path)
    }

    /// Whether this edit gives the key back.
    package func isReleased(_ key: StoreKey) -> Bool { !deletes.isEmpty && deletes.contains(key.path) }

    /// Puts a small value that is no object, such as a client's own.
    package mutating func put(_ key: StoreKey, _ value: [UInt8]) {
        deletes.remove(key.path)
        puts[key.path] = value
    }

    /// Takes away a small value that is no object.
    mutating func clear(_ key: StoreKey) {
        puts[key.path] = nil
        deletes.insert(key.path)
    }

    /// Adds an event for OpenStack's consumers. It leaves with the notice of its object, which keeps its order.
    ///
    /// - Parameters:
    ///   - name: such as `network.create.end`.
    ///   - payload: such as `{"network": {…}}`; asked for only where notices are recorded.
    ///   - object: the object of the graph that it is about: the network for a subnet, the group for a rule.
    package mutating func notify(
        _ name: String, object: ObjectLink, payload: @escaping @Sendable () -> JSONObject
    ) {
        events.append(NeutronEvent(name: name, payload: payload, object: object))
    }

    /// The transaction.
    ///
    /// - Parameter recordsNotices: whether notices go to the outbox; false where no broker will ever take them.
    /// - Throws: ``ModelError/Code/inUse`` when an object to be deleted has children or is referred to by objects that
    ///   are not deleted with it, ``ModelError/Code/notFound`` when a new reference's target does not exist.
    package func finish(recordsNotices: Bool = true) throws(ModelError) -> Transaction {
        var puts = puts
        var deletes = deletes
        var preconditions = preconditions
        let reservation = quotaReservation()
        puts.merge(reservation.puts) { _, new in new }
        preconditions.formUnion(reservation.preconditions)
        for id in order {
            let old = base.objects[id]
            let new = current[id] ?? nil
            guard let type = new?.type ?? old?.type else { continue }
            let path = StoreKey.object(type: type, id: id).path
            if let old {
                preconditions.insert(.unmodified(path, since: old.modified))
            } else if new != nil {
                preconditions.insert(.absent(path))
            }
            if let new {
                puts[path] = JSONValue.object(new.stored).bytes
            } else if old != nil {
                deletes.insert(path)
            }
            nameKeys(old: old, new: new, puts: &puts, deletes: &deletes, preconditions: &preconditions)
            try referenceKeys(
                id: id, old: old, new: new, puts: &puts, deletes: &deletes, preconditions: &preconditions)
            if let old, new == nil { preconditions.formUnion(try guardDelete(of: old)) }
        }
        if recordsNotices {
            var context = context
            let unique = context.newID().withoutDashes
            for (index, notice) in notices().enumerated() {
                // A fixed width keeps the order of notices within a transaction; revisions order the transactions.
                let order = "\(context.now.microseconds)-\(unique)-\(100_000 + index)"
                var notice = notice
                notice["order"] = .string(order)
                puts[StoreKey.outbox(order).path] = JSONValue.object(notice).bytes
            }
        }
        let changes =
            puts.sorted { $0.key < $1.key }.map { Change.put($0.key, $0.value) }
            + deletes.sorted().map { Change.delete($0) } + deletedPrefixes.sorted().map { Change.deletePrefix($0) }
        return Transaction(preconditions: preconditions.sorted { $0.order < $1.order }, changes: changes)
    }

    private mutating func record(_ id: ObjectID, _ object: ConfigObject?) {
        if current.updateValue(object, forKey: id) == nil { order.append(id) }
    }

    private func nameKeys(
        old: ConfigObject?, new: ConfigObject?, puts: inout [String: [UInt8]], deletes: inout Set<String>,
        preconditions: inout Set<Precondition>
    ) {
        if let new, old == nil {
            let path = StoreKey.name(type: new.type, fqName: new.fqName).path
            // A name that another object of this same edit gives up is replaced; its holder's own precondition guards it.
            if deletes.remove(path) == nil { preconditions.insert(.absent(path)) }
            puts[path] = Array(new.id.description.utf8)
        } else if let old, new == nil {
            let path = StoreKey.name(type: old.type, fqName: old.fqName).path
            if puts[path] == nil {
                deletes.insert(path)
            } else {
                preconditions.remove(.absent(path))
            }
        }
    }

    private func referenceKeys(
        id: ObjectID, old: ConfigObject?, new: ConfigObject?, puts: inout [String: [UInt8]],
        deletes: inout Set<String>, preconditions: inout Set<Precondition>
    ) throws(ModelError) {
        let before = old?.targets ?? []
        let after = new?.targets ?? []
        for target in after.subtracting(before) {
            guard object(target) != nil else {
                throw ModelError(.notFound, "\(target) does not exist", objects: [target])
            }
            puts[StoreKey.reference(target: target, source: id).path] = Array((new?.type ?? "").utf8)
            guard let target = base.objects[target] else { continue }
            let path = StoreKey.object(type: target.type, id: target.id).path
            // What must be unmodified is there.
            if !preconditions.contains(.unmodified(path, since: target.modified)) {
                preconditions.insert(.present(path))
            }
        }
        for target in before.subtracting(after) {
            deletes.insert(StoreKey.reference(target: target, source: id).path)
        }
    }

    /// What makes sure that nothing refers to an object at the moment it is deleted: the ranges between the references
    /// that this edit removes itself must be empty.
    private func guardDelete(of object: ConfigObject) throws(ModelError) -> [Precondition] {
        var leaving: [String] = []
        var staying: [ObjectID] = []
        for referrer in base.referrers(of: object.id) {
            let after = self.object(referrer.id)
            if after.map({ $0.targets.contains(object.id) }) ?? false {
                staying.append(referrer.id)
            } else {
                leaving.append(StoreKey.reference(target: object.id, source: referrer.id).path)
            }
        }
        for case let changed?? in order.map({ current[$0] }) where changed.targets.contains(object.id) {
            staying.append(changed.id)
        }
        guard staying.isEmpty else {
            throw ModelError(
                .inUse, "\(object.type) \(object.id) is still referred to", objects: Array(Set(staying)).sorted())
        }
        let prefix = StoreKey.references(to: object.id)
        var from = prefix
        var ranges: [Precondition] = []
        for path in leaving.sorted() {
            ranges.append(.emptyRange(from: from, upTo: path))
            from = KeyRange.after(path)
        }
        ranges.append(.emptyRange(from: from, upTo: KeyRange.end(ofPrefix: prefix)))
        return ranges
    }

    /// One notice for each changed object, as `Broker` reads it: members of `Notice`.
    private func notices() -> [JSONObject] {
        var context = context
        var about = order
        for event in events where !about.contains(event.object.id) { about.append(event.object.id) }
        return about.compactMap { id -> JSONObject? in
            let old = base.objects[id]
            let new = object(id)
            guard let object = new ?? old else { return nil }
            let isChanged = current[id] != nil
            if isChanged, old == nil, new == nil { return nil }
            let operation = !isChanged ? "UPDATE" : old == nil ? "CREATE" : new == nil ? "DELETE" : "UPDATE"
            var notice: JSONObject = [
                "id": .string(context.newID().description), "type": .string(object.type),
                "uuid": .string(id.description), "operation": .string(operation),
                "fq_name": .array(object.fqName.map { .string($0) }), "request_id": .string(context.requestID),
                "time": .string(context.now.contrailText + "Z"), "actor": .object(context.caller.json),
            ]
            if operation != "UPDATE" { notice["object"] = .object(object.stored) }
            if !isChanged { notice["config_api"] = false }
            let own = events.filter { $0.object.id == id }
            if !own.isEmpty {
                notice["events"] = .array(
                    own.map { ["event_type": .string($0.name), "payload": .object($0.payload())] })
            }
            return notice
        }
    }
}

extension Precondition {
    /// By key, then by kind: any fixed order will do, so that an edit always gives the same transaction.
    fileprivate var order: (String, String, Int64) {
        switch self {
        case .absent(let key): (key, "absent", 0)
        case .present(let key): (key, "present", 0)
        case .unmodified(let key, let since): (key, "unmodified", since.number)
        case .emptyRange(let from, let upTo): (from, upTo, 0)
        }
    }
}
