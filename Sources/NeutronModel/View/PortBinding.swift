import JSON

/// Where a port is plugged in: the struct `virtual_machine_interface_bindings`, key by key.
package struct PortBinding: Hashable, Sendable {
    /// The compute node's name; empty while the port is not bound.
    package var hostID: String
    package var vnicType: String
    package var profile: JSONObject

    /// Reads the key-value pairs.
    init(_ json: JSONValue?) {
        var values: [String: String] = [:]
        for pair in json?["key_value_pair"]?.arrayValue ?? [] {
            if let key = pair["key"]?.stringValue { values[key] = pair["value"]?.stringValue }
        }
        hostID = values["host_id"] ?? ""
        vnicType = values["vnic_type"] ?? "normal"
        // The config API keeps any text there; one that is no JSON, or could not be written back, counts as none.
        let parsed = values["profile"].flatMap { try? JSONValue(parsing: $0, maximumDepth: JSONDepth.embedded) }
        profile = parsed?.objectValue ?? JSONObject()
    }

    /// How Nova plugs the interface: into the compute node's own bridge once a host is chosen.
    package var vifType: String { hostID.isEmpty ? "unbound" : "ovs" }

    /// What Nova needs to know to plug it.
    package var vifDetails: JSONObject {
        hostID.isEmpty
            ? [:] : ["port_filter": true, "connectivity": "l2", "bridge_name": "br-int", "datapath_type": "system"]
    }

    /// The key-value pairs with these values; others that were there stay.
    func stored(over previous: JSONValue?) -> JSONValue {
        var pairs = previous?["key_value_pair"]?.arrayValue ?? []
        pairs.removeAll { ["host_id", "vnic_type", "profile"].contains($0["key"]?.stringValue) }
        pairs.append(["key": "vnic_type", "value": .string(vnicType)])
        if !hostID.isEmpty { pairs.append(["key": "host_id", "value": .string(hostID)]) }
        if !profile.isEmpty {
            pairs.append(["key": "profile", "value": .string(JSONValue.object(profile).text)])
        }
        return ["key_value_pair": .array(pairs)]
    }
}
