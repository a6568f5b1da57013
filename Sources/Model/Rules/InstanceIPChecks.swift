import Addressing
import JSON

/// instance-ip through the config API (vnc-api.md, 3.4).
enum InstanceIPChecks {
    static func accept(creating draft: ConfigObject, _ edit: GraphEdit) throws(ConfigFault) -> ConfigObject {
        if let text = draft.properties["subnet_uuid"]?.stringValue, !text.isEmpty, ObjectID(text) == nil {
            throw ConfigFault(400, "Invalid subnet_uuid: \(text)")
        }
        guard let network = draft.references("virtual_network_refs").first.flatMap({ edit.object($0.id) }),
            let address = draft.properties["instance_ip_address"]?.stringValue.flatMap({ IPAddress($0) }),
            network.subnets.contains(where: { $0.gateway == address })
        else { return draft }
        // Only a router's own port may have the gateway's address.
        for link in draft.references("virtual_machine_interface_refs") {
            guard let interface = edit.object(link.id), !interface.references("virtual_machine_refs").isEmpty else {
                continue
            }
            throw ConfigFault(400, "Gateway IP cannot be used by VM port")
        }
        return draft
    }
}
