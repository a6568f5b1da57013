import Addressing
import JSON
import Store

/// The format of stored objects.
///
/// Format 1 is what ``ConfigObject/stored`` writes, and says nothing of it. A later version that keeps objects in such a way
/// that an earlier one would misunderstand them writes its number as ``member``, reads all formats before it, and is set
/// aside by the earlier ones (``Quarantine``). Another property or another type needs no new format.
package enum StoredFormat {
    package static let newest = 1
    /// No property of the schema can have a name with a colon.
    package static let member = "skein:format"
}

extension ConfigObject {
    /// The object as it is kept in the store: Contrail's own shape without URLs, children and references from others.
    package var stored: JSONObject {
        var object: JSONObject = ["uuid": .string(id.description), "fq_name": .array(fqName.map { .string($0) })]
        if let parent {
            object["parent_type"] = .string(parent.type)
            object["parent_uuid"] = .string(parent.id.description)
        }
        for member in properties { object[member.name] = member.value }
        for (name, list) in references.sorted(by: { $0.key < $1.key }) {
            object[name] = .array(
                list.map { reference in
                    var entry: JSONObject = [
                        "to": .array(reference.fqName.map { .string($0) }), "uuid": .string(reference.id.description),
                        "attr": reference.attribute,
                    ]
                    if reference.isRelaxed { entry["relaxed"] = true }
                    return .object(entry)
                })
        }
        return object
    }

    /// Reads what ``stored`` wrote.
    ///
    /// - Throws: ``ModelError/Code/corrupt`` when the bytes are not such an object.
    package convenience init(
        type: String, id: ObjectID, stored bytes: [UInt8], modified: Revision
    ) throws(ModelError) {
        func corrupt(_ reason: String) -> ModelError {
            ModelError(.corrupt, reason, objects: [id])
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw corrupt("\(error)")
        }
        guard let members = json.objectValue else { throw corrupt("it is no JSON object") }
        if let format = json[StoredFormat.member], format.integerValue.map({ $0 > StoredFormat.newest }) ?? true {
            throw corrupt(
                "it has format \(String(decoding: format.bytes, as: UTF8.self)), and this version reads formats up to "
                    + "\(StoredFormat.newest)")
        }
        let names = json["fq_name"]?.arrayValue ?? []
        let fqName = names.compactMap(\.stringValue)
        guard !fqName.isEmpty, fqName.count == names.count else { throw corrupt("fq_name is no list of names") }
        var properties = JSONObject()
        var references: [String: [Reference]] = [:]
        for member in members where !Self.identityMembers.contains(member.name) {
            guard member.name.hasSuffix("_refs"), let list = member.value.arrayValue else {
                properties[member.name] = member.value
                continue
            }
            references[member.name] = try list.map { (entry) throws(ModelError) in
                guard let text = entry["uuid"]?.stringValue, let target = ObjectID(text) else {
                    throw corrupt("\(member.name) has an entry without uuid")
                }
                return Reference(
                    id: target, fqName: (entry["to"]?.arrayValue ?? []).compactMap(\.stringValue),
                    attribute: entry["attr"] ?? .null, isRelaxed: entry["relaxed"]?.boolValue ?? false)
            }
        }
        var parent: ObjectLink?
        if let parentType = json["parent_type"]?.stringValue {
            guard let text = json["parent_uuid"]?.stringValue, let parentID = ObjectID(text) else {
                throw corrupt("parent_uuid is missing")
            }
            parent = ObjectLink(type: parentType, id: parentID)
        }
        self.init(
            type: type, id: id, fqName: fqName, parent: parent, properties: properties,
            references: references, modified: modified)
    }

    private static let identityMembers: Set<String> = [
        "uuid", "fq_name", "parent_type", "parent_uuid", StoredFormat.member,
    ]
}
