import Addressing
import JSON

/// virtual-machine-interface through the config API (vnc-api.md, 3.5).
enum InterfaceChecks {
    static func accept(creating draft: ConfigObject) throws(ConfigFault) -> ConfigObject {
        try check(draft)
        guard var bindings = draft.bindings else { return draft }
        // A port with bindings has a kind; the host's driver decides the interface's type of a normal one.
        if bindings["vnic_type"] == nil { bindings["vnic_type"] = "normal" }
        if bindings["vnic_type"] == "normal" { bindings["vif_type"] = nil }
        return draft.with(properties: draft.properties(bindings: bindings), references: draft.references)
    }

    static func accept(changing old: ConfigObject, to new: ConfigObject) throws(ConfigFault) -> ConfigObject {
        try check(new)
        let before = old.bindings?["vnic_type"] ?? "normal"
        let after = new.bindings?["vnic_type"] ?? "normal"
        if before != after, !(old.bindings?["host_id"] ?? "").isEmpty {
            throw ConfigFault(409, "Vnic_type can not be modified when port is linked to VM")
        }
        return new
    }

    private static func check(_ interface: ConfigObject) throws(ConfigFault) {
        if let tag = interface.properties["virtual_machine_interface_properties"]?["sub_interface_vlan_tag"]?
            .integerValue,
            !(0...4094).contains(tag)
        {
            throw ConfigFault(400, "Invalid sub-interface VLAN tag ID: \(tag)")
        }
        let pairs = interface.properties["virtual_machine_interface_allowed_address_pairs"]?["allowed_address_pair"]
        if interface.properties["port_security_enabled"] == false, !(pairs?.isFalsy ?? true) {
            throw ConfigFault(400, "Allowed address pairs are not allowed when port security is disabled")
        }
    }
}

extension ConfigObject {
    /// `virtual_machine_interface_bindings` by key; nil when there are none.
    package var bindings: [String: String]? {
        let pairs = properties["virtual_machine_interface_bindings"]?["key_value_pair"]?.arrayValue
        return pairs.map { pairs in
            Dictionary(
                pairs.compactMap { pair in
                    pair["key"]?.stringValue.map { ($0, pair["value"]?.stringValue ?? "") }
                }, uniquingKeysWith: { _, last in last })
        }
    }

    /// The properties with other bindings.
    package func properties(bindings: [String: String]) -> JSONObject {
        var properties = properties
        properties["virtual_machine_interface_bindings"] = [
            "key_value_pair": .array(
                bindings.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
        ]
        return properties
    }
}
