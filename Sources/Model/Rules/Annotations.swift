import JSON

/// The property `annotations`: pairs of clients, and one pair of the server's own.
package enum Annotations {
    static let member = "annotations"

    /// The key of what Neutron knows of an object and Contrail has no property for. A client of the config API that
    /// replaces all annotations and does not know of it means its own; to remove this one it names it
    /// (`prop-collection-update`, `delete`).
    package static let neutron = "neutron"

    /// Keeps the server's own pair when new annotations do not mention it.
    static func keepOwn(of old: ConfigObject, in properties: inout JSONObject) {
        let isOwn = { (pair: JSONValue) in pair["key"]?.stringValue == neutron }
        let before = old.properties[member]?["key_value_pair"]?.arrayValue ?? []
        var pairs = properties[member]?["key_value_pair"]?.arrayValue ?? []
        guard let own = before.first(where: isOwn), !pairs.contains(where: isOwn) else { return }
        pairs.append(own)
        properties[member] = ["key_value_pair": .array(pairs)]
    }
}
