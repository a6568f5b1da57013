import Addressing
import HashTreeCollections
import JSON

/// virtual-network through the config API: ids, subnets, sharing, route targets (vnc-api.md, 3.3).
enum VirtualNetworkChecks {
    static func accept(
        creating draft: ConfigObject, given: JSONObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        if let id = given["virtual_network_network_id"], !id.isNull {
            throw ConfigFault(403, "Cannot set the virtual network ID")
        }
        try check(draft, replacing: nil, edit)
        var properties = draft.properties
        if properties["is_shared"]?.boolValue ?? false {
            properties["perms2"] = withGlobalAccess(7, properties["perms2"])
        } else if properties["perms2"]?["global_access"] == 7 {
            properties["is_shared"] = true
        } else if properties["router_external"]?.boolValue ?? false, properties["perms2"]?["global_access"] == nil {
            properties["perms2"] = withGlobalAccess(5, properties["perms2"])
        }
        let references = try withFlatSubnets(draft, &edit)
        try SubnetChecks.check(references["network_ipam_refs"] ?? [], network: draft.id, replacing: nil, edit)
        return draft.with(properties: properties, references: references)
    }

    static func accept(
        changing old: ConfigObject, to new: ConfigObject, given: JSONObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        let number = "virtual_network_network_id"
        if let id = given[number], id != old.properties[number] {
            throw ConfigFault(403, "Cannot update the virtual network ID")
        }
        try check(new, replacing: old, edit)
        var properties = new.properties
        properties["perms2"] = try sharing(of: old, given: given, &properties)
        var references = try withFlatSubnets(new, &edit)
        references["network_ipam_refs"] = SubnetChecks.inheriting(references["network_ipam_refs"] ?? [], from: old)
        if given["network_ipam_refs"] != nil {
            try SubnetChecks.check(references["network_ipam_refs"] ?? [], network: old.id, replacing: old, edit)
        }
        return new.with(properties: properties, references: references)
    }

    private static func check(
        _ network: ConfigObject, replacing old: ConfigObject?, _ edit: GraphEdit
    ) throws(ConfigFault) {
        for name in ["route_target_list", "import_route_target_list", "export_route_target_list"] {
            // The installation's numbers may have moved over those that were given before.
            let before = Set(old?.properties[name]?["route_target"]?.arrayValue ?? [])
            let given = network.properties[name]?["route_target"]?.arrayValue ?? []
            try RouteTargetChecks.checkGiven(given.filter { !before.contains($0) }, edit)
        }
        let providers = network.references("virtual_network_refs")
        let isProvider = network.properties["is_provider_network"]?.boolValue ?? false
        if providers.count > 1, !isProvider {
            throw ConfigFault(400, "Non provider VN (\(network.id)) can connect to one provider VN only")
        }
    }

    /// Whether a network that `chmod` shared for less than everything is said to be shared, and its permissions are not
    /// said: Contrail's client means all of it then. A network written back whole says its permissions, too.
    static func asksForAll(_ given: JSONObject, of old: ConfigObject) -> Bool {
        given["is_shared"] == true && given["perms2"] == nil && old.properties["perms2"]?["global_access"] != 7
    }

    /// Keeps `is_shared`, `router_external` and `perms2.global_access` telling the same.
    private static func sharing(
        of old: ConfigObject, given: JSONObject, _ properties: inout JSONObject
    ) throws(ConfigFault) -> JSONValue? {
        // What is said as it is asks for nothing: `chmod` and older releases leave other combinations than these rules.
        func changed<Value: Equatable>(_ value: Value?, from old: Value?) -> Value? { value == old ? nil : value }
        let access = changed(
            given["perms2"]?["global_access"]?.integerValue,
            from: old.properties["perms2"]?["global_access"]?.integerValue)
        let isShared = changed(given["is_shared"]?.boolValue, from: old.properties["is_shared"]?.boolValue)
        let isExternal = changed(
            given["router_external"]?.boolValue, from: old.properties["router_external"]?.boolValue)
        if let access, let said = given["is_shared"]?.boolValue, said != (access == 7) {
            throw ConfigFault(
                400, "Inconsistent is_shared (\(JSONValue.bool(said).pythonText)) and global_access (\(access))")
        }
        if let access {
            if properties["is_shared"] != nil || access == 7 { properties["is_shared"] = .bool(access == 7) }
            return properties["perms2"]
        }
        guard isShared != nil || isExternal != nil || asksForAll(given, of: old) else { return properties["perms2"] }
        let shares = properties["is_shared"]?.boolValue ?? false
        let external = properties["router_external"]?.boolValue ?? false
        return withGlobalAccess(shares ? 7 : external ? 5 : 0, properties["perms2"])
    }

    private static func withGlobalAccess(_ access: Int, _ permissions: JSONValue?) -> JSONValue {
        var members = permissions?.objectValue ?? [:]
        members["global_access"] = .integer(access)
        return .object(members)
    }

    /// A link to an ipam with flat subnets carries one entry with only an id, and needs a network of layer 3.
    private static func withFlatSubnets(
        _ network: ConfigObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> [String: [Reference]] {
        var references = network.references
        var links: [Reference] = []
        for link in network.references("network_ipam_refs") {
            let ipam = edit.object(link.id)
            guard ipam?.properties["ipam_subnet_method"] == "flat-subnet" else {
                links.append(link)
                continue
            }
            guard network.properties["virtual_network_properties"]?["forwarding_mode"] == "l3" else {
                throw ConfigFault(400, "flat-subnet is allowed only with l3 network")
            }
            let known = link.attribute["ipam_subnets"]?.arrayValue?.first?["subnet_uuid"]?.stringValue
            let id = known ?? edit.context.newID().description
            links.append(
                Reference(
                    id: link.id, fqName: link.fqName, attribute: ["ipam_subnets": [["subnet_uuid": .string(id)]]],
                    isRelaxed: link.isRelaxed))
        }
        references["network_ipam_refs"] = links
        return references
    }
}
