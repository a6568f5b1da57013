import Addressing
import JSON

/// What the config API checks for single types beyond the schema (vnc-api.md, 3.3 to 3.7), before the edit completes the
/// object by the rules that both APIs share.
enum TypeRules {
    /// The draft to add, possibly adjusted.
    ///
    /// - Parameter given: what the client sent.
    /// - Throws: ``ConfigFault``
    static func accept(
        creating draft: ConfigObject, given: JSONObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        switch draft.type {
        case "virtual-network": return try VirtualNetworkChecks.accept(creating: draft, given: given, &edit)
        case "security-group": return try SecurityGroupChecks.accept(creating: draft, given: given)
        case "virtual-machine-interface": return try InterfaceChecks.accept(creating: draft)
        case "instance-ip": return try InstanceIPChecks.accept(creating: draft, edit)
        case "floating-ip", "alias-ip": return try ExternalAddressChecks.accept(creating: draft, &edit)
        case "network-ipam": return try NetworkIPAMChecks.accept(creating: draft, &edit)
        case "logical-router": return try LogicalRouterChecks.accept(creating: draft, edit)
        case "network-policy": return try NetworkPolicyChecks.accept(draft, &edit)
        case "tag": return try TagChecks.accept(creating: draft, &edit)
        case "tag-type": return try TagChecks.accept(creatingType: draft, &edit)
        case "route-target": return try RouteTargetChecks.accept(creating: draft)
        case "global-system-config": throw onlyOne(of: draft.type, edit)
        case "alarm" where draft.properties["alarm_rules"] == nil:
            throw ConfigFault(400, "alarm_rules not specified or is null")
        case "loadbalancer-healthmonitor" where draft.properties["loadbalancer_healthmonitor_properties"] == nil:
            throw ConfigFault(400, "loadbalancer_healthmonitor_properties is mandatory")
        default: return draft
        }
    }

    /// The object as it is to become, possibly adjusted.
    static func accept(
        changing old: ConfigObject, to new: ConfigObject, given: JSONObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) -> ConfigObject {
        try QuotaRules.check(changing: old, to: new, &edit)
        try checkImmutable(old, new)
        switch old.type {
        case "virtual-network": return try VirtualNetworkChecks.accept(changing: old, to: new, given: given, &edit)
        case "security-group": return try SecurityGroupChecks.accept(changing: old, to: new, given: given)
        case "virtual-machine-interface": return try InterfaceChecks.accept(changing: old, to: new)
        case "network-ipam": return try NetworkIPAMChecks.accept(changing: old, to: new, &edit)
        case "logical-router": return try LogicalRouterChecks.accept(changing: old, to: new, edit)
        case "network-policy": return try NetworkPolicyChecks.accept(new, &edit)
        default: return new
        }
    }

    /// - Throws: ``ConfigFault`` for objects that the installation cannot do without.
    static func accept(deleting object: ConfigObject, _ edit: GraphEdit) throws(ConfigFault) {
        let fixed: [[String]] = [Bootstrap.fabricNetwork, Bootstrap.linkLocalNetwork]
        if object.type == "virtual-network", fixed.contains(object.fqName) {
            throw ConfigFault(409, "\(object.fqName.pythonText) cannot be deleted")
        }
    }

    /// Properties that keep their first value, by type, with the status of the refusal.
    private static let immutable: [String: [(name: String, status: Int)]] = [
        "physical-interface": [("display_name", 403)], "logical-interface": [("display_name", 403)],
        "tag": [("tag_type_name", 400), ("tag_value", 400), ("tag_id", 400)], "tag-type": [("tag_type_id", 400)],
        "network-ipam": [("ipam_subnet_method", 400), ("ipam_subnetting", 400)],
        "logical-router": [("logical_router_type", 400)], "sub-cluster": [("sub_cluster_asn", 400)],
        "floating-ip": [("floating_ip_address", 400)], "alias-ip": [("alias_ip_address", 400)],
    ]

    private static func checkImmutable(_ old: ConfigObject, _ new: ConfigObject) throws(ConfigFault) {
        for (name, status) in immutable[old.type] ?? [] where old.properties[name] != new.properties[name] {
            throw ConfigFault(status, "Cannot modify \(name) of \(old.type) \(old.id)")
        }
    }

    private static func onlyOne(of type: String, _ edit: GraphEdit) -> ConfigFault {
        ConfigFault(400, "\(type) already exists with name default-\(type)")
    }
}
