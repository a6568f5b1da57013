import Addressing
import JSON

/// `PUT /<type>/<id>`: the given properties are replaced, the given reference lists too (vnc-api.md, 1.5).
enum ConfigUpdate {
    static func perform(
        type name: String, id text: String, body: JSONValue, _ edit: inout GraphEdit, origin: String
    ) throws(ConfigFault) -> APIAnswer {
        guard let type = edit.base.schema.types[name] else { throw ConfigRead.unknownType(name) }
        let object = try ConfigRead.find(text, type: name, in: edit.base)
        guard let said = ConfigWrite.members(of: body, type) else {
            guard body.isFalsy else {
                throw ConfigFault(400, "Bad Request, the body must be {\"\(name)\": {…}}")
            }
            return .empty
        }
        guard !said.isEmpty else { return .empty }
        let members = UnchangedMembers.removed(from: said, of: object, type, edit)
        let given = try ConfigValues.properties(members, of: type, edit.base.schema, action: "http_put")
        try ConfigValues.checkReferences(members, of: type, edit.base.schema, action: "http_put")
        let lists = try ConfigValues.references(members, of: type, edit, action: "update")
        let replaced = members.filter { type.properties[$0.name] != nil }.map(\.name)
        var properties = object.properties
        for name in replaced { properties[name] = given[name] }
        properties["id_perms"] = given["id_perms"] ?? object.properties["id_perms"]
        properties["perms2"] = try permissions(given["perms2"], of: object)
        if properties["display_name"] == nil { properties["display_name"] = object.properties["display_name"] }
        if replaced.contains(Annotations.member) { Annotations.keepOwn(of: object, in: &properties) }
        PropertyPositions.forget(replaced, in: &properties)
        var references = object.references
        for (name, list) in lists {
            references[name] = UnchangedMembers.merged(list, into: object, name, type, edit)
        }
        try change(object, properties: properties, references: references, given: members, &edit)
        return .json([
            name: [
                "uuid": .string(object.id.description),
                "href": .string(ConfigObjectWriter.href(origin: origin, type: name, id: object.id)),
            ]
        ])
    }

    /// Changes an object after the checks of its type.
    ///
    /// - Parameter given: what the client changes, by member.
    static func change(
        _ object: ConfigObject, properties: JSONObject, references: [String: [Reference]], given: JSONObject,
        _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        let new = object.with(properties: properties, references: references)
        let accepted = try TypeRules.accept(changing: object, to: new, given: given, &edit)
        try asConfigFault { () throws(ModelError) in
            try edit.change(object.id, properties: accepted.properties, references: accepted.references)
        }
    }

    /// `perms2` replaced by what was given; it must name an owner.
    private static func permissions(_ given: JSONValue?, of object: ConfigObject) throws(ConfigFault) -> JSONValue? {
        guard let members = given?.objectValue else { return object.properties["perms2"] }
        guard let owner = members["owner"]?.stringValue, !owner.isEmpty else {
            throw ConfigFault(400, "owner in perms2 must be present")
        }
        var permissions = object.properties["perms2"]?.objectValue ?? [:]
        for member in members where !member.value.isNull { permissions[member.name] = member.value }
        permissions["owner"] = .string(ObjectID(owner)?.withoutDashes ?? owner)
        return .object(permissions)
    }
}
