import Addressing
import JSON
import Time

// What every object has, whichever API made it: `id_perms`, `perms2` and `display_name` (vnc-api.md, 2.3).
extension GraphEdit {
    /// `id_perms` of a new object.
    ///
    /// - Parameter given: what the client sent; `enable`, `description`, `user_visible` and `creator` are taken from it.
    package func makeIDPerms(for id: ObjectID, given: JSONValue? = nil) -> JSONValue {
        let now = JSONValue.string(context.now.contrailText)
        return [
            "enable": .bool(given?["enable"]?.boolValue ?? true),
            "description": given?["description"] ?? .null,
            "creator": given?["creator"] ?? .null,
            "user_visible": .bool(given?["user_visible"]?.boolValue ?? true),
            "created": now,
            "last_modified": now,
            "permissions": [
                "owner": "cloud-admin", "owner_access": 7, "group": "cloud-admin-group", "group_access": 7,
                "other_access": 7,
            ],
            "uuid": [
                "uuid_mslong": Self.number(UInt64(truncatingIfNeeded: id.bits >> 64)),
                "uuid_lslong": Self.number(UInt64(truncatingIfNeeded: id.bits)),
            ],
        ]
    }

    /// `id_perms` of an object that is being changed: `last_modified` moves on, and only `enable` and `description` can
    /// be given.
    package func touchedIDPerms(of object: ConfigObject, given: JSONValue? = nil) -> JSONValue {
        var members = object.properties["id_perms"]?.objectValue ?? makeIDPerms(for: object.id).objectValue ?? [:]
        // It moves on even when this controller's clock is behind the one that made the last change.
        let previous = members["last_modified"]?.stringValue.flatMap(Timestamp.init)
        let after = previous.map { Timestamp(microseconds: $0.microseconds + 1) } ?? context.now
        members["last_modified"] = .string(max(context.now, after).contrailText)
        if let enable = given?["enable"]?.boolValue { members["enable"] = .bool(enable) }
        if let description = given?["description"] { members["description"] = description }
        return .object(members)
    }

    /// `perms2` of a new object.
    ///
    /// - Parameters:
    ///   - owner: a project's id, stored without dashes, or `cloud-admin`.
    ///   - globalAccess: what everyone may: read 4, write 2, refer to it 1.
    ///   - share: entries `{"tenant": "[tenant:|domain:]<id>", "tenant_access": 0…7}`.
    package func makePerms2(owner: String, globalAccess: Int = 0, share: [JSONValue] = []) -> JSONValue {
        [
            "owner": .string(owner), "owner_access": 7, "global_access": .integer(globalAccess),
            "share": .array(share),
        ]
    }

    /// Who owns a new object: the owner of its parent, or the caller's project below a domain and at the root.
    package func defaultOwner(parent: ConfigObject?) -> String {
        if let parent, parent.type != "domain" {
            return parent.properties["perms2"]?["owner"]?.stringValue ?? Self.cloudAdmin
        }
        guard parent != nil, !context.caller.projectID.isEmpty else { return Self.cloudAdmin }
        return context.caller.projectID.replacing("-", with: "")
    }

    /// The owner of what belongs to no project.
    package static let cloudAdmin = "cloud-admin"

    /// The object with `id_perms`, `perms2` and `display_name` filled in where they are missing.
    func completed(_ draft: ConfigObject) -> ConfigObject {
        var properties = draft.properties
        properties["id_perms"] = makeIDPerms(for: draft.id, given: properties["id_perms"])
        let given = properties["perms2"]?.objectValue ?? [:]
        let parent = draft.parent.flatMap { object($0.id) }
        var permissions = makePerms2(owner: defaultOwner(parent: parent)).objectValue ?? [:]
        for member in given where !member.value.isNull { permissions[member.name] = member.value }
        if let owner = given["owner"]?.stringValue, let id = ObjectID(owner) {
            permissions["owner"] = .string(id.withoutDashes)
        }
        properties["perms2"] = .object(permissions)
        if properties["display_name"]?.stringValue == nil { properties["display_name"] = .string(draft.name) }
        return draft.with(properties: properties, references: draft.references)
    }

    /// A number of 64 bits as JSON.
    private static func number(_ bits: UInt64) -> JSONValue {
        Int(exactly: bits).map { .integer($0) } ?? .unsigned(bits)
    }
}

extension ConfigObject {
    /// `id_perms.enable`: Neutron's `admin_state_up`.
    package var isEnabled: Bool { properties["id_perms"]?["enable"]?.boolValue ?? true }
    /// `id_perms.description`.
    package var description: String? { properties["id_perms"]?["description"]?.stringValue }
    /// `id_perms.user_visible`: false hides it from everyone but administrators.
    package var isUserVisible: Bool { properties["id_perms"]?["user_visible"]?.boolValue ?? true }
    /// `id_perms.last_modified`, which is also the entity tag.
    package var lastModified: String { properties["id_perms"]?["last_modified"]?.stringValue ?? "" }
    /// `perms2.owner`: a project's id without dashes, or `cloud-admin`.
    package var owner: String { properties["perms2"]?["owner"]?.stringValue ?? "" }
}
