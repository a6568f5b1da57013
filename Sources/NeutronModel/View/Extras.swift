import JSON
import Model

/// What Neutron keeps of an object and Contrail has no property for: one annotation named `neutron` whose value is a JSON
/// object. Objects without such values have no annotation.
struct Extras: Sendable {
    private(set) var members: JSONObject
    /// As they were read.
    private let before: JSONObject

    /// Reads them from an object's `annotations`; damaged ones count as none, and ones
    /// that the config API was given deeper than a request's body may be.
    init(_ properties: JSONObject) {
        let pairs = properties["annotations"]?["key_value_pair"]?.arrayValue ?? []
        let text = pairs.first { $0["key"]?.stringValue == Annotations.neutron }?["value"]?.stringValue
        let json = text.flatMap { try? JSONValue(parsing: $0, maximumDepth: JSONDepth.request) }
        members = json?.objectValue ?? JSONObject()
        before = members
    }

    /// One value; nil removes it.
    subscript(name: String) -> JSONValue? {
        get { members[name] }
        set { members[name] = newValue }
    }

    /// The values of a part of the object, such as one subnet of a network; empty ones are removed.
    subscript(group: String, part: String) -> JSONObject {
        get { members[group]?[part]?.objectValue ?? JSONObject() }
        set { set([(part, newValue)], of: group) }
    }

    /// The values of all parts of a group, by the part's name.
    func parts(of group: String) -> [String: JSONObject] {
        Dictionary(
            (members[group]?.objectValue ?? [:]).map { ($0.name, $0.value.objectValue ?? [:]) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Puts parts of a group at once, in the place of those of the same name, and drops empty ones and those that are not
    /// kept.
    mutating func set(
        _ parts: [(name: String, values: JSONObject)], of group: String,
        keeping isKept: (String) -> Bool = { _ in true }
    ) {
        let old = members[group]?.objectValue ?? [:]
        let all = JSONObject(
            old.filter { isKept($0.name) }.map { ($0.name, $0.value) }
                + parts.map { ($0.name, .object($0.values)) })
        // In one order, so that a value that is taken away and put back leaves the text as it was.
        let left = all.filter { $0.value != [:] }.map { ($0.name, $0.value) }.sorted { $0.0 < $1.0 }
        members[group] = left.isEmpty ? nil : .object(JSONObject(left))
    }

    /// Writes them into an object's properties when they were changed, other annotations untouched.
    func store(in properties: inout JSONObject) {
        guard members != before else { return }
        var pairs = properties["annotations"]?["key_value_pair"]?.arrayValue ?? []
        let place = pairs.firstIndex { $0["key"]?.stringValue == Annotations.neutron }
        let pair: JSONValue = [
            "key": .string(Annotations.neutron), "value": .string(JSONValue.object(members).text),
        ]
        if let place {
            if members.isEmpty { pairs.remove(at: place) } else { pairs[place] = pair }
        } else {
            pairs.append(pair)
        }
        if pairs.isEmpty {
            properties["annotations"] = nil
        } else {
            properties["annotations"] = ["key_value_pair": .array(pairs)]
        }
    }
}
