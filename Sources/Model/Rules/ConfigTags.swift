import Addressing
import JSON

/// `POST /set-tag` (vnc-api.md, 1.7): tags of an object by type and value.
enum ConfigTags {
    /// The types of which an object may have several tags.
    private static let multiple: Set<String> = ["label", "neutron_fwaas", "neutron_tag"]

    /// Most types of tags in one request: an installation has few.
    private static let types = 256

    static func perform(_ body: JSONValue, _ edit: inout GraphEdit) throws(ConfigFault) -> APIAnswer {
        guard let members = body.objectValue, let typeName = body["obj_type"]?.stringValue,
            let text = body["obj_uuid"]?.stringValue
        else { throw ConfigFault(400, "Bad Request, obj_type and obj_uuid must be specified") }
        guard let type = edit.base.schema.type(named: typeName) else {
            throw ConfigFault(400, "Invalid object type: \(typeName)")
        }
        let object = try ConfigRead.find(text, type: type.name, in: edit.base)
        var tags = object.references("tag_refs")
        let given = members.filter { $0.name != "obj_type" && $0.name != "obj_uuid" }
        guard given.count <= types else {
            throw ConfigFault(400, "Bad Request, \(given.count) tag types; at most \(types) in one request")
        }
        let project = project(of: object, edit)
        for member in given {
            try apply(member.value, tagType: member.name.lowercased(), to: &tags, project: project, edit)
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
        _ value: JSONValue, tagType: String, to tags: inout [Reference], project: ConfigObject?,
        _ edit: GraphEdit
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
            let scope = isGlobal ? [] : project?.fqName ?? []
            guard let tag = edit.object(type: "tag", fqName: scope + [name]) else {
                throw ConfigFault(404, "Tag with FQName \((scope + [name]).pythonText) not found")
            }
            return tag
        }
        var wanted: [ConfigObject] = []
        if let single {
            wanted.append(try tag(single))
            if !multiple.contains(tagType) { tags.removeAll { ($0.fqName.last ?? "").hasPrefix("\(tagType)=") } }
        }
        for value in added { wanted.append(try tag(value)) }
        var known = Set(tags.map(\.id))
        for tag in wanted where known.insert(tag.id).inserted {
            tags.append(Reference(id: tag.id, fqName: tag.fqName))
        }
        var unwanted: Set<ObjectID> = []
        for value in removed { unwanted.insert(try tag(value).id) }
        if !unwanted.isEmpty { tags.removeAll { unwanted.contains($0.id) } }
    }

    /// The project that an object is, or is below of.
    private static func project(of object: ConfigObject, _ edit: GraphEdit) -> ConfigObject? {
        if object.type == "project" { return object }
        return object.parent.flatMap { edit.object($0.id) }.flatMap { project(of: $0, edit) }
    }
}
