import Addressing
import JSON

/// The properties and references in the body of a create or update.
enum ConfigValues {
    /// The given properties of a type, checked; unknown members are left out, as are nulls.
    ///
    /// - Throws: 400 `Bad property in create: …`
    static func properties(
        _ members: JSONObject, of type: ObjectSchema, _ schema: Schema, action: String
    ) throws(ConfigFault) -> JSONObject {
        var properties = JSONObject()
        for member in members {
            guard let property = type.properties[member.name], !member.value.isNull else { continue }
            do {
                properties[member.name] = try schema.validated(member.value, ofProperty: member.name, property)
            } catch {
                throw ConfigFault(400, "Bad property in \(action): \(error.message)")
            }
        }
        return properties
    }

    /// Checks the shape of the given references and their attributes.
    ///
    /// - Throws: 400 `Bad reference in create: …`
    static func checkReferences(
        _ members: JSONObject, of type: ObjectSchema, _ schema: Schema, action: String
    ) throws(ConfigFault) {
        for member in members {
            guard let link = type.references[member.name], !member.value.isNull else { continue }
            guard let list = member.value.arrayValue else {
                throw ConfigFault(400, "Bad reference in \(action): \(member.name) must be a list")
            }
            for entry in list {
                guard entry.objectValue != nil else {
                    throw ConfigFault(
                        400, "Bad reference in \(action): \(member.name) has an entry \(entry.pythonText)")
                }
                guard let attribute = link.attribute else { continue }
                do {
                    guard let value = entry["attr"] else { throw ModelError(.invalid, "'attr' is missing") }
                    _ = try schema.validated(value, structure: attribute)
                } catch {
                    throw ConfigFault(
                        400,
                        "Bad reference in \(action): Error validating reference \(member.name) value "
                            + "\(entry.pythonText) \((error as? ModelError)?.message ?? "")")
                }
            }
        }
    }

    /// The given references with their targets looked up; nulls count as empty lists.
    ///
    /// - Throws: 400 `Unknown reference in resource create …`
    static func references(
        _ members: JSONObject, of type: ObjectSchema, _ edit: GraphEdit, action: String
    ) throws(ConfigFault) -> [String: [Reference]] {
        var references: [String: [Reference]] = [:]
        for member in members {
            guard let link = type.references[member.name] else { continue }
            var list: [Reference] = []
            var known: [ObjectID: Int] = [:]
            for entry in member.value.arrayValue ?? [] {
                guard let target = target(entry, type: link.type, edit) else {
                    throw ConfigFault(
                        400, "Unknown reference in resource \(action) \(entry.pythonText)")
                }
                let reference = Reference(
                    id: target.id, fqName: target.fqName, attribute: attribute(entry["attr"], link, edit))
                // A second reference to the same object replaces the first.
                if let index = known[target.id] {
                    list[index] = reference
                } else {
                    known[target.id] = list.count
                    list.append(reference)
                }
            }
            references[member.name] = list
        }
        return references
    }

    /// The object that an entry names by `uuid` or, without one, by `to`.
    static func target(_ entry: JSONValue, type: String, _ edit: GraphEdit) -> ConfigObject? {
        if let text = entry["uuid"]?.stringValue {
            return ObjectID(text).flatMap { edit.object($0, type: type) }
        }
        guard let parts = entry["to"]?.arrayValue else { return nil }
        return edit.object(type: type, fqName: parts.compactMap(\.stringValue))
    }

    /// The attribute as it is stored: checked before, so that what cannot be normalised here cannot be reached.
    static func attribute(_ value: JSONValue?, _ link: LinkSchema, _ edit: GraphEdit) -> JSONValue {
        guard let value, let structure = link.attribute else { return .null }
        return (try? edit.base.schema.validated(value, structure: structure)) ?? value
    }
}
