import JSON
import Model

/// What Neutron keeps of an object and Contrail has no property for: one annotation named `neutron` whose value is a JSON
/// object. Objects without such values have no annotation.
struct Extras: Sendable {
    private(set) var members: JSONObject

    static let annotation = "neutron"

    /// Reads them from an object's `annotations`; damaged ones count as none.
    init(_ properties: JSONObject) {
        let pairs = properties["annotations"]?["key_value_pair"]?.arrayValue ?? []
        let text = pairs.first { $0["key"]?.stringValue == Self.annotation }?["value"]?.stringValue
        let json = text.flatMap { try? JSONValue(parsing: $0) }
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

    /// The values of all parts of a group, by the part's name.
    func parts(of group: String) -> [String: JSONObject] {
        Dictionary(
            (members[group]?.objectValue ?? [:]).map { ($0.name, $0.value.objectValue ?? [:]) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Adds parts to a group at once, empty ones left out, and drops those that are not kept.
    mutating func add(_ parts: [(name: String, values: JSONObject)], to group: String, keeping isKept: (String) -> Bool)
    {
        let before = members[group]?.objectValue ?? [:]
        let all = JSONObject(
            before.filter { isKept($0.name) }.map { ($0.name, $0.value) }
                + parts.filter { !$0.values.isEmpty }.map { ($0.name, .object($0.values)) })
        members[group] = all.isEmpty ? nil : .object(all)
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
