import Addressing
import JSON

/// `POST /set-tag` (vnc-api.md, 1.7): tags of an object by type and value.
enum ConfigTags {
    /// The types of which an object may have several tags.
    private static let multiple: Set<String> = ["label", "neutron_fwaas", "neutron_tag"]

    static func perform(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let members = body.objectValue, let typeName = body["obj_type"]?.stringValue,
            let text = body["obj_uuid"]?.stringValue
        else { throw ConfigFault(400, "Bad Request, obj_type and obj_uuid must be specified") }
        guard let type = edit.base.schema.type(named: typeName) else {
            throw ConfigFault(400, "Invalid object type: \(typeName)")
        }
        let object = try ConfigRead.find(text, type: type.name, in: edit.base)
        var tags = object.references("tag_refs")
        for member in members where member.name != "obj_type" && member.name != "obj_uuid" {
            try apply(member.value, tagType: member.name.lowercased(), to: &tags, of: object, edit)
        }
        var references = object.references
        references["tag_refs"] = tags
        if references != object.references {
            try ConfigUpdate.change(
                object, properties: object.properties, references: references, given: ["tag_refs": .array([])], &edit)
        }
        return .json([:])
    }

    private static func apply(
        _ value: JSONValue, tagType: String, to tags: inout [Reference], of object: ConfigObject, _ edit: GraphEdit
    ) throws(ConfigFault) {
        guard !value.isNull else {
            tags.removeAll { ($0.fqName.last ?? "").hasPrefix("\(tagType)=") }
            return
        }
        guard value.objectValue != nil else { throw ConfigFault(400, "Invalid value of tag type \(tagType)") }
        let single = value["value"]?.stringValue
        let added = (value["add_values"]?.arrayValue ?? []).compactMap(\.stringValue)
        let removed = (value["delete_values"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard multiple.contains(tagType) || added.isEmpty && removed.isEmpty else {
            throw ConfigFault(400, "Tag type \(tagType) cannot be set multiple times on a same object")
        }
        let isGlobal = value["is_global"]?.boolValue ?? false
        func tag(_ value: String) throws(ConfigFault) -> ConfigObject {
            let name = "\(tagType)=\(value)"
            let scope = isGlobal ? [] : Self.project(of: object, edit)?.fqName ?? []
            guard let tag = edit.object(type: "tag", fqName: scope + [name]) else {
                throw ConfigFault(404, "Tag with FQName \((scope + [name]).pythonText) not found")
            }
            return tag
        }
        if let single {
            let found = try tag(single)
            if !multiple.contains(tagType) { tags.removeAll { ($0.fqName.last ?? "").hasPrefix("\(tagType)=") } }
            add(found, to: &tags)
        }
        for value in added { add(try tag(value), to: &tags) }
        for value in removed {
            let found = try tag(value)
            tags.removeAll { $0.id == found.id }
        }
    }

    private static func add(_ tag: ConfigObject, to tags: inout [Reference]) {
        guard !tags.contains(where: { $0.id == tag.id }) else { return }
        tags.append(Reference(id: tag.id, fqName: tag.fqName))
    }

    /// The project that an object is, or is below of.
    private static func project(of object: ConfigObject, _ edit: GraphEdit) -> ConfigObject? {
        if object.type == "project" { return object }
        return object.parent.flatMap { edit.object($0.id) }.flatMap { project(of: $0, edit) }
    }
}
