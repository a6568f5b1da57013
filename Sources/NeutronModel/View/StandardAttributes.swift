import Addressing
import JSON
import Model

/// What Neutron shows alike for every object, read from Contrail's times.
package struct StandardAttributes: Hashable, Sendable {
    /// Neutron's form of the moment it was made; nil when that is not known.
    let createdAt: String?
    let updatedAt: String?
    /// Grows with every change, through whichever API: one, and the microseconds between making and last change. A
    /// counter of its own would miss what the config API changes.
    let revision: Int

    /// - Parameters:
    ///   - created: in Contrail's form.
    ///   - modified: in Contrail's form.
    init(created: String?, modified: String?) {
        createdAt = created.map(Self.neutronText)
        updatedAt = (modified ?? created).map(Self.neutronText)
        guard let created, let modified, created != modified, let start = Timestamp(contrailText: created),
            let end = Timestamp(contrailText: modified)
        else {
            revision = 1
            return
        }
        revision = 1 + Int(max(0, end.microseconds - start.microseconds))
    }

    /// Those of a whole object.
    init(_ object: ConfigObject) {
        let permissions = object.properties["id_perms"]
        self.init(
            created: permissions?["created"]?.stringValue, modified: permissions?["last_modified"]?.stringValue)
    }

    private static func neutronText(_ contrailText: String) -> String { contrailText.prefix(19) + "Z" }
}

extension Attribute {
    /// The attributes that every kind of object shows.
    static func standard(
        _ standard: @escaping @Sendable (View) -> StandardAttributes,
        description: @escaping @Sendable (View) -> String
    ) -> [Attribute] {
        [
            Attribute("description") { .string(description($0)) },
            Attribute("created_at") { AttributeValue(standard($0).createdAt) },
            Attribute("updated_at") { AttributeValue(standard($0).updatedAt) },
            Attribute("revision_number", .integer) { .integer(standard($0).revision) },
        ]
    }

    /// Id and owner, which every kind of object shows.
    static var identity: [Attribute] {
        [
            Attribute("id") { .string($0.id.description) },
            Attribute("tenant_id") { .string($0.projectID.withoutDashes) },
            Attribute("project_id") { .string($0.projectID.withoutDashes) },
        ]
    }
}
