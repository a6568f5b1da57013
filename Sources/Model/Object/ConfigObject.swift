import Addressing
import JSON
import Store

/// One object of the configuration, as it was at a revision. Immutable, so that any number of snapshots share it.
package final class ConfigObject: Sendable {
    /// The resource type, such as `virtual-network`.
    package let type: String
    package let id: ObjectID
    /// The full name: the parent's and the object's own; unique in its type, and never changed.
    package let fqName: [String]
    /// Nil for children of the root.
    package let parent: ObjectLink?
    /// All properties as they are on the wire, `id_perms`, `perms2` and `display_name` among them.
    package let properties: JSONObject
    /// By member name, such as `network_ipam_refs`; lists without an element are left out.
    package let references: [String: [Reference]]
    /// When the object was last changed; ``Revision/none`` while it is part of an edit.
    package let modified: Revision
    let knownSubnets = LazySubnets()

    package init(
        type: String, id: ObjectID, fqName: [String], parent: ObjectLink?, properties: JSONObject,
        references: [String: [Reference]], modified: Revision = .none
    ) {
        self.type = type
        self.id = id
        self.fqName = fqName
        self.parent = parent
        self.properties = properties
        self.references = references.filter { !$0.value.isEmpty }
        self.modified = modified
    }

    /// The last part of the full name.
    package var name: String { fqName.last ?? "" }
    package var displayName: String { properties["display_name"]?.stringValue ?? name }
    /// The objects this one refers to, and its parent: what must exist as long as it does.
    package var targets: Set<ObjectID> {
        var targets = Set(references.values.joined().map(\.id))
        if let parent { targets.insert(parent.id) }
        return targets
    }

    /// The references of one kind, in order.
    package func references(_ name: String) -> [Reference] { references[name] ?? [] }

    /// A copy with other properties and references.
    package func with(properties: JSONObject, references: [String: [Reference]]) -> ConfigObject {
        ConfigObject(
            type: type, id: id, fqName: fqName, parent: parent, properties: properties, references: references)
    }
}

/// The type and id of another object.
package struct ObjectLink: Hashable, Sendable {
    package let type: String
    package let id: ObjectID

    package init(type: String, id: ObjectID) {
        self.type = type
        self.id = id
    }
}

/// A reference to another object.
package struct Reference: Hashable, Sendable {
    package let id: ObjectID
    /// The other object's full name (it never changes, so it can be kept here).
    package let fqName: [String]
    /// The link's own data, null for links without.
    package let attribute: JSONValue
    /// Set by `ref-relax-for-delete`: the reference does not block the other object's delete, but goes with it.
    package let isRelaxed: Bool

    package init(id: ObjectID, fqName: [String], attribute: JSONValue = .null, isRelaxed: Bool = false) {
        self.id = id
        self.fqName = fqName
        self.attribute = attribute
        self.isRelaxed = isRelaxed
    }
}
