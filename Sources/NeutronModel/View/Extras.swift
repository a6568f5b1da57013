import JSON
import Model

/// What Neutron keeps of an object and Contrail has no property for: one annotation named `neutron` whose value is a JSON
/// object. Objects without such values have no annotation.
struct Extras: Sendable {
    private(set) var members: JSONObject

    static let annotation = "neutron"

    /// Reads them from an object's `annotations`; damaged ones count as none, and ones
    /// that the config API was given deeper than a request's body may be.
    init(_ properties: JSONObject) {
        let pairs = properties["annotations"]?["key_value_pair"]?.arrayValue ?? []
        let text = pairs.first { $0["key"]?.stringValue == Self.annotation }?["value"]?.stringValue
        let json = text.flatMap { try? JSONValue(parsing: $0, maximumDepth: JSONDepth.request) }
        members = json?.objectValue ?? JSONObject()
    }

    /// One value; nil removes it.
    subscript(name: String) -> JSONValue? {
        get { members[name] }
        set { members[name] = newValue }
    }

    /// The values of a part of the object, such as one subnet of a network; empty ones are removed.
    subscript(group: String, part: String) -> JSONObject {
        get { members[group]?[part]?.objectValue ?? JSONObject() }
        set {
            var parts = members[group]?.objectValue ?? JSONObject()
            parts[part] = newValue.isEmpty ? nil : .object(newValue)
            members[group] = parts.isEmpty ? nil : .object(parts)
        }
    }

    /// Writes them into an object's properties, other annotations untouched.
    func store(in properties: inout JSONObject) {
        var pairs = properties["annotations"]?["key_value_pair"]?.arrayValue ?? []
        pairs.removeAll { $0["key"]?.stringValue == Self.annotation }
        if !members.isEmpty {
            pairs.append(["key": .string(Self.annotation), "value": .string(JSONValue.object(members).text)])
        }
        if pairs.isEmpty {
            properties["annotations"] = nil
        } else {
            properties["annotations"] = ["key_value_pair": .array(pairs)]
        }
    }
}
