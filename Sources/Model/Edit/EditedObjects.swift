import Addressing

/// The objects that an edit makes, changes or removes, found by id, by full name and by what they refer to.
struct EditedObjects: Sendable {
    /// The ids, each at the place of its first change.
    private(set) var order: [ObjectID] = []
    private var objects: [ObjectID: ConfigObject?] = [:]
    private var holders: [Snapshot.TypedName: ObjectID] = [:]
    private var sources: [ObjectID: Set<ObjectID>] = [:]

    /// Whether the object was made, changed or removed.
    func contains(_ id: ObjectID) -> Bool { objects[id] != nil }

    /// The object as it will be; nil when it is removed or not part of the edit.
    subscript(id: ObjectID) -> ConfigObject? { objects[id] ?? nil }

    /// The object that has this full name and is part of the edit.
    func holder(of fqName: [String], type: String) -> ConfigObject? {
        guard !holders.isEmpty else { return nil }
        return holders[Snapshot.TypedName(type: type, fqName: fqName)].flatMap { self[$0] }
    }

    /// The objects of the edit that will refer to `target` or be its children.
    func sources(of target: ObjectID) -> Set<ObjectID> { sources[target] ?? [] }

    /// Puts an object as it will be, or with nil marks it as removed.
    mutating func set(_ id: ObjectID, to object: ConfigObject?) {
        if let before = objects.updateValue(object, forKey: id) {
            if let before { forget(before) }
        } else {
            order.append(id)
        }
        guard let object else { return }
        holders[Snapshot.TypedName(type: object.type, fqName: object.fqName)] = id
        for target in object.targets { sources[target, default: []].insert(id) }
    }

    private mutating func forget(_ object: ConfigObject) {
        let name = Snapshot.TypedName(type: object.type, fqName: object.fqName)
        if holders[name] == object.id { holders[name] = nil }
        for target in object.targets { sources[target]?.remove(object.id) }
    }
}
