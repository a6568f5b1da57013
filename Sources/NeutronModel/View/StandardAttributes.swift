import Addressing
import JSON
import Model
import Time

/// What Neutron shows alike for every object, read from Contrail's times.
package struct StandardAttributes: Hashable, Sendable {
    /// Nil when it is not known.
    let created: Timestamp?
    let modified: Timestamp?

    /// - Parameters:
    ///   - created: in Contrail's form.
    ///   - modified: in Contrail's form.
    init(created: String?, modified: String?) {
        self.created = created.flatMap(Timestamp.init)
        self.modified = modified == created ? self.created : modified.flatMap(Timestamp.init)
    }

    /// Those of a whole object.
    init(_ object: ConfigObject) {
        let permissions = object.properties["id_perms"]
        self.init(
            created: permissions?["created"]?.stringValue, modified: permissions?["last_modified"]?.stringValue)
    }

    /// These, with the creation of the object that it is part of where its own is not known.
    func orCreated(with whole: StandardAttributes) -> StandardAttributes {
        StandardAttributes(created: created ?? whole.created, modified: modified)
    }

    private init(created: Timestamp?, modified: Timestamp?) {
        self.created = created
        self.modified = modified
    }

    /// Grows with every change, through whichever API: one, and the microseconds between making and last change. A
    /// counter of its own would miss what the config API changes.
    var revision: Int {
        guard let created, let modified else { return 1 }
        return 1 + Int(max(0, modified.microseconds - created.microseconds))
    }
}

extension Attribute {
    /// The attributes that every kind of object shows.
    static func standard(
        _ standard: @escaping @Sendable (View) -> StandardAttributes,
        description: @escaping @Sendable (View) -> String
    ) -> [Attribute] {
        [
            Attribute("description") { .string(description($0)) },
            Attribute("created_at") { AttributeValue(standard($0).created?.neutronText) },
            Attribute("updated_at") {
                let times = standard($0)
                return AttributeValue((times.modified ?? times.created)?.neutronText)
            },
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
