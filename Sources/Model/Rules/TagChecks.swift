import Addressing
import HashTreeCollections
import JSON

/// tag and tag-type through the config API: names and ids (vnc-api.md, 3.6 and 3.7).
enum TagChecks {
    /// The name of a tag is `<type>=<value>`; a type that nobody knows yet is made.
    static func accept(creating draft: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        guard let typeName = draft.properties["tag_type_name"]?.stringValue?.lowercased(), !typeName.isEmpty,
            let value = draft.properties["tag_value"]?.stringValue, !value.isEmpty
        else { throw ConfigFault(400, "Tag must be created with a type and a value") }
        if draft.properties["tag_id"] != nil { throw ConfigFault(400, "Tag ID is not setable") }
        let name = "\(typeName)=\(value)"
        let fqName = Array(draft.fqName.dropLast()) + [name]
        if let holder = edit.object(type: "tag", fqName: fqName) {
            throw ConfigFault(409, "\(fqName.pythonText) already exists with uuid: \(holder.id)")
        }
        let type = try type(named: typeName, &edit)
        var properties = draft.properties
        properties["tag_type_name"] = .string(typeName)
        let id = try newID(below: type, edit)
        edit.claim(tagKey(id), for: draft.id)
        properties["tag_id"] = .string(id)
        properties["display_name"] = .string(name)
        var references = draft.references
        references["tag_type_refs"] = [Reference(id: type.id, fqName: type.fqName)]
        return ConfigObject(
            type: "tag", id: draft.id, fqName: fqName, parent: draft.parent, properties: properties,
            references: references)
    }

    static func accept(creatingType draft: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        var properties = draft.properties
        let id = try newTypeID(edit)
        edit.claim(typeKey(id), for: draft.id)
        properties["tag_type_id"] = .string(id)
        return draft.with(properties: properties, references: draft.references)
    }

    private static func type(named name: String, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        if let type = edit.object(type: "tag-type", fqName: [name]) { return type }
        let id = try newTypeID(edit)
        let type = try asConfigFault { () throws(ModelError) in
            try edit.addRoot("tag-type", name, ["tag_type_id": .string(id)])
        }
        edit.claim(typeKey(id), for: type.id)
        return type
    }

    /// Ids are unique like names, so that two controllers do not give the same one.
    static func tagKey(_ id: String) -> StoreKey { .name(type: "tag-id", fqName: [id]) }
    static func typeKey(_ id: String) -> StoreKey { .name(type: "tag-type-id", fqName: [id]) }

    /// User-defined types begin at 0x00ff.
    private static func newTypeID(_ edit: GraphEdit) throws(ConfigFault) -> String {
        let used = Set(
            edit.base.objects(ofType: "tag-type").values.compactMap { $0.properties["tag_type_id"]?.stringValue })
        guard
            let number = (0xff...0xffff).first(where: {
                !used.contains("0x" + hexadecimal($0)) && !edit.isPending(typeKey("0x" + hexadecimal($0)))
            })
        else {
            throw ConfigFault(409, "no free tag type id")
        }
        return "0x" + hexadecimal(number)
    }

    /// Four digits of the type and four of the value.
    private static func newID(below type: ConfigObject, _ edit: GraphEdit) throws(ConfigFault) -> String {
        let prefix = type.properties["tag_type_id"]?.stringValue ?? "0x0000"
        let used = Set(
            edit.base.referrers(of: type.id, type: "tag").compactMap { $0.properties["tag_id"]?.stringValue })
        guard
            let number = (0...0xffff).first(where: {
                !used.contains(prefix + hexadecimal($0)) && !edit.isPending(tagKey(prefix + hexadecimal($0)))
            })
        else {
            throw ConfigFault(409, "no free tag id of type \(type.name)")
        }
        return prefix + hexadecimal(number)
    }

    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension GraphEdit {
    /// Gives back the id of a tag or tag-type. The types of the first start hold none.
    mutating func releaseTag(_ object: ConfigObject) {
        if let id = object.properties["tag_id"]?.stringValue { release(TagChecks.tagKey(id), of: object.id) }
        if let id = object.properties["tag_type_id"]?.stringValue { release(TagChecks.typeKey(id), of: object.id) }
    }
}
