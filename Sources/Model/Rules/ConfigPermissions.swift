import Addressing
import JSON

/// `POST /chown` and `POST /chmod` (vnc-api.md, 1.7).
enum ConfigPermissions {
    static func changeOwner(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        let object = try find(body, edit)
        guard let owner = body["owner"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, owner is not specified")
        }
        guard let id = versionFour(owner) else {
            throw ConfigFault(400, "Bad Request, invalid owner \(owner)")
        }
        try set(["owner": .string(id.withoutDashes)], on: object, &edit)
        return .json([:])
    }

    static func changeAccess(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        let object = try find(body, edit)
        var changes = JSONObject()
        if let owner = body["owner"], !owner.isNull {
            guard let id = owner.stringValue.flatMap(versionFour) else {
                throw ConfigFault(400, "Bad Request, invalid owner \(owner.pythonText)")
            }
            changes["owner"] = .string(id.withoutDashes)
        }
        for name in ["owner_access", "global_access"] {
            if let access = body[name], !access.isNull { changes[name] = .integer(try bits(access, name)) }
        }
        if let share = body["share"], !share.isNull { changes["share"] = try checkedShare(share) }
        try set(changes, on: object, &edit)
        return .json([:])
    }

    private static func find(_ body: JSONValue, _ edit: GraphEdit) throws(ConfigFault) -> ConfigObject {
        guard let text = body["uuid"]?.stringValue else {
            throw ConfigFault(400, "Bad Request, no uuid in POST body")
        }
        guard let id = versionFour(text) else { throw ConfigFault(400, "Bad Request, invalid object id \(text)") }
        guard let object = edit.object(id) else { throw ConfigFault(404, "Unknown id: \(text)") }
        return object
    }

    private static func set(_ changes: JSONObject, on object: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault)
    {
        guard !changes.isEmpty else { return }
        var permissions = object.properties["perms2"]?.objectValue ?? [:]
        for member in changes { permissions[member.name] = member.value }
        var properties = object.properties
        properties["perms2"] = .object(permissions)
        if let access = changes["global_access"]?.integerValue,
            edit.base.schema.types[object.type]?.properties["is_shared"] != nil
        {
            properties["is_shared"] = .bool(access != 0)
        }
        try asConfigFault { () throws(ModelError) in
            try edit.change(object.id, properties: properties, references: object.references)
        }
    }

    private static func bits(_ value: JSONValue, _ name: String) throws(ConfigFault) -> Int {
        guard let access = value.integerValue, (0...7).contains(access) else {
            throw ConfigFault(400, "Bad Request, invalid \(name) value \(value.pythonText)")
        }
        return access
    }

    private static func checkedShare(_ value: JSONValue) throws(ConfigFault) -> JSONValue {
        guard let entries = value.arrayValue else {
            throw ConfigFault(400, "Bad Request, invalid share list \(value.pythonText)")
        }
        for entry in entries {
            guard let tenant = entry["tenant"]?.stringValue, entry.objectValue?.count == 2 else {
                throw ConfigFault(400, "Bad Request, invalid share list \(value.pythonText)")
            }
            let parts = tenant.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 1 || parts.count == 2 && ["tenant", "domain"].contains(parts[0]),
                parts.last.flatMap({ ObjectID($0) }) != nil
            else { throw ConfigFault(400, "Bad Request, invalid share list \(value.pythonText)") }
            _ = try bits(entry["tenant_access"] ?? .null, "tenant_access")
        }
        return value
    }

    /// An id whose text looks like a version 4 UUID, with or without dashes.
    private static func versionFour(_ text: String) -> ObjectID? {
        guard let id = ObjectID(text), id == ObjectID(random: id.bits) else { return nil }
        return id
    }
}
