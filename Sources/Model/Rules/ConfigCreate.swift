import Addressing
import JSON
import Store

/// `POST /<type>s`: the checks of vnc-api.md 1.3, in its order.
enum ConfigCreate {
    static func perform(
        type name: String, body: JSONValue, _ edit: inout GraphEdit, origin: String
    ) throws(ConfigFault) -> APIAnswer {
        guard let type = edit.base.schema.types[name] else { throw ConfigRead.unknownType(name) }
        guard let members = ConfigWrite.members(of: body, type), !members.isEmpty else {
            throw ConfigFault(400, "Bad Request, the body must be {\"\(name)\": {…}}")
        }
        let id = try givenID(members["uuid"]) ?? edit.context.newID()
        let fqName = try checkedName(members["fq_name"], type: name)
        let properties = try ConfigValues.properties(members, of: type, edit.base.schema, action: "create")
        try ConfigValues.checkReferences(members, of: type, edit.base.schema, action: "create")
        if let holder = edit.object(type: name, fqName: fqName) {
            throw ConfigFault(409, "\(fqName.pythonText) already exists with uuid: \(holder.id)")
        }
        let parent = try parent(of: fqName, members: members, type: type, edit)
        if let holder = edit.object(id) {
            throw ConfigFault(409, "\(id) already exists with fq_name: \(holder.fqName.pythonText)")
        }
        let references = try ConfigValues.references(members, of: type, edit, action: "create")
        let draft = ConfigObject(
            type: name, id: id, fqName: fqName, parent: parent.map { ObjectLink(type: $0.type, id: $0.id) },
            properties: properties, references: references)
        try QuotaRules.check(to: draft, &edit)
        let accepted = try TypeRules.accept(creating: draft, given: members, &edit)
        let object = try asConfigFault { () throws(ModelError) in try edit.add(accepted) }
        return answer(for: object, origin: origin)
    }

    /// The id that the client chose.
    private static func givenID(_ value: JSONValue?) throws(ConfigFault) -> ObjectID? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.stringValue, let id = ObjectID(text), text.utf8.count == 36 else {
            throw ConfigFault(400, "Invalid UUID format: \(value.pythonText)")
        }
        return id
    }

    private static func checkedName(_ value: JSONValue?, type: String) throws(ConfigFault) -> [String] {
        guard let value, !value.isNull else { throw ConfigFault(400, "Bad Request, no fq_name in POST body") }
        let parts = value.arrayValue ?? []
        let fqName = parts.compactMap(\.stringValue)
        guard let last = fqName.last, fqName.count == parts.count else {
            throw ConfigFault(400, "Bad Request, fq_name must be a list of strings: \(value.pythonText)")
        }
        guard fqName.joined().unicodeScalars.allSatisfy(ObjectNames.isAllowed) else {
            throw ConfigFault(400, "Bad Request, name has illegal xml characters")
        }
        if type != "route-target", last.contains(":") {
            throw ConfigFault(400, "Bad Request, name has one of invalid chars {':'}")
        }
        guard StoreKey.name(type: type, fqName: fqName).path.utf8.count <= StoreLimits.keyBytes else {
            throw ConfigFault(400, "Bad Request, fq_name is too long")
        }
        return fqName
    }

    private static func parent(
        of fqName: [String], members: JSONObject, type: ObjectSchema, _ edit: GraphEdit
    ) throws(ConfigFault) -> ConfigObject? {
        let given = (members["parent_type"]?.stringValue).map { $0.replacing("_", with: "-") }
        let parents = type.parents.isEmpty ? ["config-root"] : type.parents
        if let given, !parents.contains(given) {
            throw ConfigFault(400, "Invalid parent type: \(given). Allowed types: \(parents.pythonText)")
        }
        // A name of one part means the root where the root is possible.
        let inferred =
            parents.count == 1 ? parents[0] : parents.contains("config-root") && fqName.count == 1 ? "config-root" : nil
        guard let parentType = given ?? inferred else {
            throw ConfigFault(400, "Missing parent type: None. Allowed types: \(parents.pythonText)")
        }
        guard parentType != "config-root" else {
            guard fqName.count == 1 else {
                throw ConfigFault(400, "Invalid fq-name of an object with no parent: \(fqName.pythonText)")
            }
            return nil
        }
        guard fqName.count >= 2 else {
            throw ConfigFault(400, "Invalid fq-name of an object with a parent: \(fqName.pythonText)")
        }
        let name = Array(fqName.dropLast())
        guard let parent = edit.object(type: parentType, fqName: name) else {
            throw ConfigFault(404, "Name\(name.pythonText) not found")
        }
        return parent
    }

    private static func answer(for object: ConfigObject, origin: String) -> APIAnswer {
        var members: JSONObject = [
            "name": .string(object.name), "fq_name": .array(object.fqName.map { .string($0) }),
            "uuid": .string(object.id.description),
            "href": .string(ConfigObjectWriter.href(origin: origin, type: object.type, id: object.id)),
        ]
        if let parent = object.parent {
            members["parent_type"] = .string(parent.type)
            members["parent_uuid"] = .string(parent.id.description)
            members["parent_href"] = .string(
                ConfigObjectWriter.href(origin: origin, type: parent.type, id: parent.id))
        }
        return .json([object.type: .object(members)])
    }
}
