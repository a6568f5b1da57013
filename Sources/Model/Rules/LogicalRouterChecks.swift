import JSON

/// logical-router through the config API (vnc-api.md, 3.7).
enum LogicalRouterChecks {
    static func accept(creating draft: ConfigObject, _ edit: GraphEdit) throws(ConfigFault) -> ConfigObject {
        try check(draft, replacing: nil, edit)
        guard draft.properties["logical_router_type"] == nil else { return draft }
        var properties = draft.properties
        properties["logical_router_type"] = "snat-routing"
        return draft.with(properties: properties, references: draft.references)
    }

    static func accept(
        changing old: ConfigObject, to new: ConfigObject, _ edit: GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        try check(new, replacing: old, edit)
        return new
    }

    /// Interfaces and gateways that stay are not judged again: ports get machines without asking the router.
    private static func check(
        _ router: ConfigObject, replacing old: ConfigObject?, _ edit: GraphEdit
    ) throws(ConfigFault) {
        let gateways = Set(router.references("virtual_network_refs").map(\.id))
        let hasSameGateways = gateways == Set((old?.references("virtual_network_refs") ?? []).map(\.id))
        let before = Set((old?.references("virtual_machine_interface_refs") ?? []).map(\.id))
        for link in router.references("virtual_machine_interface_refs")
        where !hasSameGateways || !before.contains(link.id) {
            guard let interface = edit.object(link.id) else { continue }
            if interface.references("virtual_network_refs").contains(where: { gateways.contains($0.id) }) {
                throw ConfigFault(400, "Logical router interface and gateway cannot be in the same network")
            }
            if !before.contains(link.id), !interface.references("virtual_machine_refs").isEmpty {
                throw ConfigFault(409, "Port(\(interface.id)) already in use by virtual-machine")
            }
        }
    }
}
