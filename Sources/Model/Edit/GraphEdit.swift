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
///
/// What it is asked costs the same however much it has changed already: a request may change many objects.
package struct GraphEdit: Sendable {
    package let base: Snapshot
    package var context: EditContext
    private(set) var edited = EditedObjects()
    private(set) var writes = StoreWrites()
    private(set) var notices = EditNotices()
    /// Where searches for something free go on.
    var searches = FreeSearches()
    /// What is counted under a limit of the API that asks.
    var limitedQuotas: Set<QuotaSpace> = []
    private var claimed: Set<StoreKey> = []
    private var released: Set<StoreKey> = []

    package init(base: Snapshot, context: EditContext) {
        self.base = base
        self.context = context
    }

    /// The object as it will be; nil when there is none or it is deleted.
    package func object(_ id: ObjectID) -> ConfigObject? {
        edited.contains(id) ? edited[id] : base.objects[id]
    }

    /// The object as it will be, when it is of the given type.
    package func object(_ id: ObjectID, type: String) -> ConfigObject? {
        guard let object = object(id), object.type == type else { return nil }
        return object
    }

    /// The object with this full name as it will be.
    package func object(type: String, fqName: [String]) -> ConfigObject? {
        if let object = edited.holder(of: fqName, type: type) { return object }
        guard let found = base.object(type: type, fqName: fqName) else { return nil }
        return object(found.id)
    }

    /// Whether an object is as the snapshot has it.
    package func isUnchanged(_ id: ObjectID) -> Bool { !edited.contains(id) }

    /// Every object that will refer to `id` or be its child, in the order of their ids.
    package func referrers(of id: ObjectID) -> [ConfigObject] {
        var referrers = base.referrers(of: id).filter { !edited.contains($0.id) }
        referrers += edited.sources(of: id).compactMap { edited[$0] }
        return referrers.sorted { $0.id < $1.id }
    }

    /// Whether any object will refer to `id` or be its child.
    package func hasReferrers(_ id: ObjectID) -> Bool {
        guard edited.sources(of: id).isEmpty else { return true }
        return (base.inbound[id] ?? [:]).values.contains { ids in ids.contains { !edited.contains($0) } }
    }

    /// What has been changed so far, in order: each object as the snapshot has it, and as it will be.
    package var changes: [(old: ConfigObject?, new: ConfigObject?)] {
        edited.order.map { (old: base.objects[$0], new: edited[$0]) }
    }

    /// Whether nothing has been changed yet.
    package var isEmpty: Bool { edited.order.isEmpty && writes.isEmpty }

    /// Adds an object.
    ///
    /// - Throws: ``ModelError/Code/taken`` when its id or full name is, ``ModelError/Code/unreadable`` when they belong to an
    ///   object that cannot be read, ``ModelError/Code/tooLarge``.
    package mutating func create(_ object: ConfigObject) throws(ModelError) {
        if let holder = self.object(type: object.type, fqName: object.fqName) {
            throw ModelError(
                .taken, "\(object.type) \(object.fqName.joined(separator: ":")) already exists", objects: [holder.id])
        }
        if self.object(object.id) != nil {
            throw ModelError(.taken, "\(object.id) already exists", objects: [object.id])
        }
        if let unreadable = base.quarantine[object.id]
            ?? base.quarantine.object(type: object.type, fqName: object.fqName)
        {
            throw ModelError(.unreadable, unreadable.explanation, objects: [object.id])
        }
        try record(object.id, object)
    }

    /// Replaces an object's properties and references.
    ///
    /// - Throws: ``ModelError/Code/notFound``, ``ModelError/Code/tooLarge``.
    package mutating func update(
        _ id: ObjectID, properties: JSONObject, references: [String: [Reference]]
    ) throws(ModelError) {
        guard let old = object(id) else { throw ModelError(.notFound, "\(id) does not exist") }
        try record(id, old.with(properties: properties, references: references))
    }

    /// Deletes an object. That nothing refers to it any more is checked by ``finish(recordsNotices:reserving:)``.
    ///
    /// - Throws: ``ModelError/Code/notFound``, ``ModelError/Code/tooLarge``.
    package mutating func delete(_ id: ObjectID) throws(ModelError) {
        guard object(id) != nil else { throw ModelError(.notFound, "\(id) does not exist") }
        try record(id, nil)
    }

    /// Refuses the work before it is done when one request is about too many objects.
    private mutating func record(_ id: ObjectID, _ object: ConfigObject?) throws(ModelError) {
        guard edited.contains(id) || edited.order.count < EditLimits.objects else {
            throw ModelError(
                .tooLarge,
                "one request may make, change and remove at most \(EditLimits.objects) objects: ask for fewer at once, or "
                    + "remove what belongs to the object first")
        }
        edited.set(id, to: object)
    }

    /// Makes the transaction depend on an object staying as the snapshot has it: the decision was based on its content.
    package mutating func rely(on id: ObjectID) {
        guard let object = base.objects[id] else { return }
        let path = StoreKey.object(type: object.type, id: id).path
        writes.require(.unmodified(path, since: object.modified))
    }

    /// Makes the transaction depend on one more condition.
    mutating func require(_ precondition: Precondition) { writes.require(precondition) }

    /// Takes a key for a holder. Whoever commits first has it.
    package mutating func claim(_ key: StoreKey, for holder: ObjectID) {
        let path = key.path
        // What this edit gives back itself is replaced; what guards giving it back guards this too.
        if !writes.cancelDelete(path) { writes.require(.absent(path)) }
        writes.put(path, Array(holder.description.utf8))
        released.remove(key)
        claimed.insert(key)
    }

    /// Gives back what the holder holds; nothing when it does not hold it.
    ///
    /// The key must be in the store as the snapshot has it: an address, a MAC address or a number that somebody else
    /// has given back and a third one has taken meanwhile is never released. Of other keys, such as the id of a tag, the
    /// snapshot knows no revision: their holder is an object that this edit changes or deletes, and which must be
    /// unmodified itself.
    package mutating func release(_ key: StoreKey, of holder: ObjectID) {
        let path = key.path
        searches = FreeSearches()
        claimed.remove(key)
        if writes.cancelPut(path) {
            if writes.drop(.absent(path)) { return }
        } else {
            switch key {
            case .address, .mac, .number:
                guard let allocation = base.allocation(key), allocation.holder == holder else { return }
                writes.require(.unmodified(path, since: allocation.since))
            default: break
            }
        }
        writes.delete(path)
        released.insert(key)
    }

    /// Deletes every key below a prefix, whatever is there when the edit is committed.
    mutating func deleteAll(below prefix: String) { writes.deleteAll(below: prefix) }

    /// Whether this edit, or another request of this process, is about to take the key.
    package func isPending(_ key: StoreKey) -> Bool {
        if isClaimed(key) { return true }
        return !context.pendingKeys.isEmpty && context.pendingKeys.contains(key.path)
    }

    /// Whether this edit is about to take the key.
    func isClaimed(_ key: StoreKey) -> Bool { claimed.contains(key) }

    /// Whether this edit gives the key back.
    package func isReleased(_ key: StoreKey) -> Bool { released.contains(key) }

    /// Puts a small value that is no object, such as a client's own.
    package mutating func put(_ key: StoreKey, _ value: [UInt8]) {
        let path = key.path
        writes.cancelDelete(path)
        writes.put(path, value)
    }

    /// Takes away a small value that is no object.
    mutating func clear(_ key: StoreKey) {
        let path = key.path
        writes.cancelPut(path)
        writes.delete(path)
    }

    /// Adds an event for OpenStack's consumers. It leaves with the notice of its object, which keeps its order.
    ///
    /// - Parameters:
    ///   - name: such as `network.create.end`.
    ///   - payload: such as `{"network": {…}}`; asked for only where notices are recorded. Told by its identity when it
    ///     is larger than ``EditLimits/noticeBytes``.
    ///   - object: the object of the graph that it is about: the network for a subnet, the group for a rule.
    package mutating func notify(
        _ name: String, object: ObjectLink, payload: @escaping @Sendable () -> JSONObject
    ) {
        notices.add(.init(name: name, payload: payload), about: object.id)
    }
}
