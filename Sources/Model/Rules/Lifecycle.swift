import Addressing
import JSON
import Store

// Adding, changing and removing objects with everything that belongs to it: what a type's rules allocate, derive and
// release. Both APIs go through here, so that objects made by one look right in the other.
extension GraphEdit {
    /// Completes a new object by the rules of its type and adds it: default properties, numbers, addresses and MACs
    /// claimed, derived children made.
    ///
    /// - Returns: the object as it was added.
    /// - Throws: ``ModelError``
    @discardableResult
    package mutating func add(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        let object = completed(draft)
        switch object.type {
        case "virtual-network": return try addVirtualNetwork(object)
        case "virtual-machine-interface": return try addInterface(object)
        case "instance-ip": return try addInstanceIP(object)
        case "security-group": return try addSecurityGroup(object)
        case "logical-router": return try addLogicalRouter(object)
        case "project": return try addProject(object)
        case "domain": return try addDomain(object)
        default:
            try create(object)
            return object
        }
    }

    /// Replaces an object's properties and references by the rules of its type; `id_perms.last_modified` moves on.
    ///
    /// - Throws: ``ModelError``
    @discardableResult
    package mutating func change(
        _ id: ObjectID, properties: JSONObject, references: [String: [Reference]]
    ) throws(ModelError) -> ConfigObject {
        guard let old = object(id) else { throw ModelError(.notFound, "\(id) does not exist") }
        var properties = properties
        properties["id_perms"] = touchedIDPerms(of: old, given: properties["id_perms"])
        let new = old.with(properties: properties, references: references)
        var accepted = new
        switch old.type {
        case "virtual-network": accepted = try changeVirtualNetwork(old: old, new: new)
        case "virtual-machine-interface": accepted = try changeInterface(old: old, new: new)
        case "instance-ip": accepted = try changeInstanceIP(old: old, new: new)
        case "security-group": accepted = try changeSecurityGroup(old: old, new: new)
        case "logical-router": try changeVNI(from: old, to: new)
        default: break
        }
        try update(id, properties: accepted.properties, references: accepted.references)
        return accepted
    }

    /// Removes an object with its derived children, gives back what it held, and takes away references to it that never
    /// block: symmetric, derived and relaxed ones.
    ///
    /// - Throws: ``ModelError/Code/notFound``. Children and referrers that stay are reported by
    ///   ``finish(recordsNotices:reserving:)``.
    package mutating func remove(_ id: ObjectID) throws(ModelError) {
        guard let object = object(id) else { throw ModelError(.notFound, "\(id) does not exist") }
        for child in dependents(of: object) { try remove(child.id) }
        try removeYieldingReferences(to: object)
        switch object.type {
        case "virtual-network": releaseVirtualNetwork(object)
        case "logical-router": releaseVNI(of: object)
        case "project": deleteAll(below: StoreKey.quotas(of: id))
        case "virtual-machine-interface": releaseInterface(object)
        case "instance-ip": releaseInstanceIP(object)
        case "security-group": releaseSecurityGroup(object)
        case "floating-ip", "alias-ip": releaseExternalAddress(object)
        case "tag", "tag-type": releaseTag(object)
        default: break
        }
        try delete(id)
    }

    /// The children that go with their parent: derived ones, and those that the system made with it.
    package func dependents(of object: ConfigObject) -> [ConfigObject] {
        children(of: object).filter { child in
            let link = base.schema.types[object.type]?.children.values.first { $0.type == child.type }
            return link?.isDerived ?? false || child.name == "default-\(child.type)"
                || child.name == "draft-policy-management"
                || object.type == "project" && child.type == "security-group" && child.name == Self.defaultGroupName
        }
    }

    /// The children of an object as they will be.
    package func children(of object: ConfigObject) -> [ConfigObject] {
        referrers(of: object.id).filter { $0.parent?.id == object.id }
    }

    /// The name of the security group that every project has.
    package static let defaultGroupName = "default"

    /// Whether a reference never blocks the delete of its target.
    package func yields(_ reference: Reference, named name: String, from source: ConfigObject, to target: ConfigObject)
        -> Bool
    {
        let link = base.schema.types[source.type]?.references[name]
        return reference.isRelaxed || link?.isDerived ?? false || source.type == target.type
    }

    private mutating func removeYieldingReferences(to target: ConfigObject) throws(ModelError) {
        for referrer in referrers(of: target.id) where referrer.parent?.id != target.id {
            var references = referrer.references
            for (name, list) in references {
                references[name] = list.filter {
                    $0.id != target.id || !yields($0, named: name, from: referrer, to: target)
                }
            }
            guard references != referrer.references else { continue }
            try update(referrer.id, properties: referrer.properties, references: references)
        }
    }
}
