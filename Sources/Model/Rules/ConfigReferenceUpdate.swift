import Addressing
import JSON

/// `POST /ref-update` and `POST /ref-relax-for-delete` (vnc-api.md, 1.7).
enum ConfigReferenceUpdate {
    static func perform(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let typeName = body["type"]?.stringValue, let text = body["uuid"]?.stringValue,
            let targetTypeName = body["ref-type"]?.stringValue
        else { throw ConfigFault(400, "Bad Request, type/uuid/ref_type is null") }
        guard let operation = body["operation"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, operation is null")
        }
        let schema = edit.base.schema
        guard let type = schema.type(named: typeName) else { throw ConfigRead.unknownType(typeName) }
        guard let targetType = schema.type(named: targetTypeName) else {
            throw ConfigRead.unknownType(targetTypeName)
        }
        let isAddition = operation.uppercased() == "ADD"
        guard isAddition || operation.uppercased() == "DELETE" else {
            throw ConfigFault(400, "operation should be add or delete: \(operation)")
        }
        let object = try ConfigRead.find(text, type: type.name, in: edit.base)
        let name = "\(targetType.objectType)_refs"
        guard let target = try target(body, targetType, isAddition: isAddition, edit) else {
            return .json(["uuid": .string(text)])
        }
        guard let link = type.references[name] else { return .json(["uuid": .string(text)]) }
        var list = object.references(name)
        let index = list.firstIndex { $0.id == target.id }
        let isUnchanged = index.map { (body["attr"] ?? .null) == list[$0].attribute } ?? false
        if isAddition {
            let attribute = isUnchanged ? body["attr"] ?? .null : try attribute(body["attr"], name, link, schema)
            let reference = Reference(
                id: target.id, fqName: target.fqName, attribute: attribute,
                isRelaxed: body["relax_ref_for_delete"]?.boolValue ?? false)
            if let index { list[index] = reference } else { list.append(reference) }
            list = UnchangedMembers.merged(list, into: object, name, type, edit)
        } else {
            guard let index else { return .json(["uuid": .string(text)]) }
            list.remove(at: index)
        }
        var references = object.references
        references[name] = list
        try ConfigUpdate.change(
            object, properties: object.properties, references: references,
            given: references == object.references ? [:] : [name: .array([])], &edit)
        return .json(["uuid": .string(text)])
    }

    static func relax(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let text = body["uuid"]?.stringValue, let targetText = body["ref-uuid"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, both uuid and ref-uuid are required")
        }
        guard let object = ObjectID(text).flatMap({ edit.object($0) }) else {
            throw ConfigFault(404, "Unknown id: \(text)")
        }
        guard let target = ObjectID(targetText) else { throw ConfigFault(404, "Unknown id: \(targetText)") }
        let references = object.references.mapValues { list in
            list.map { reference in
                guard reference.id == target else { return reference }
                return Reference(
                    id: reference.id, fqName: reference.fqName, attribute: reference.attribute, isRelaxed: true)
            }
        }
        if references != object.references {
            try asConfigFault { () throws(ModelError) in
                try edit.update(object.id, properties: object.properties, references: references)
            }
        }
        return .json(["uuid": .string(text)])
    }

    /// Nil when a reference to be taken away leads nowhere anyway.
    private static func target(
        _ body: JSONValue, _ type: ObjectSchema, isAddition: Bool, _ edit: GraphEdit
    ) throws(ConfigFault) -> ConfigObject? {
        if let text = body["ref-uuid"]?.stringValue {
            if let object = ObjectID(text).flatMap({ edit.object($0, type: type.name) }) { return object }
            guard isAddition else { return nil }
            throw ConfigFault(404, "Unknown id: \(text)")
        }
        guard let parts = body["ref-fq-name"]?.arrayValue else {
            throw ConfigFault(400, "ref-uuid or ref-fq-name must be specified")
        }
        guard let object = edit.object(type: type.name, fqName: parts.compactMap(\.stringValue)) else {
            throw ConfigFault(404, "Name \(JSONValue.array(parts).pythonText) not found")
        }
        return object
    }

    private static func attribute(
        _ value: JSONValue?, _ name: String, _ link: LinkSchema, _ schema: Schema
    ) throws(ConfigFault) -> JSONValue {
        guard let value, !value.isNull, let structure = link.attribute else { return .null }
        do {
            return try schema.validated(value, structure: structure)
        } catch {
            throw ConfigFault(
                400, "Bad reference in ref-update: Error validating reference \(name) \(error.message)")
        }
    }
}
