import Addressing
import JSON

// security-group: its number and the ids of its rules (vnc-api.md, 3.6 and 3.7).
extension GraphEdit {
    mutating func addSecurityGroup(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = draft.properties
        properties["security_group_id"] = .integer(try takeNumber(for: draft))
        properties["security_group_entries"] = withRuleIDs(properties["security_group_entries"])
        let group = draft.with(properties: properties, references: draft.references)
        try create(group)
        return group
    }

    mutating func changeSecurityGroup(old: ConfigObject, new: ConfigObject) throws(ModelError) -> ConfigObject {
        var properties = new.properties
        let before = old.properties["configured_security_group_id"]?.integerValue ?? 0
        let after = properties["configured_security_group_id"]?.integerValue ?? 0
        properties["security_group_id"] = old.properties["security_group_id"]
        if before != after {
            releaseSecurityGroup(old)
            properties["security_group_id"] = .integer(try takeNumber(for: new))
        }
        properties["security_group_entries"] = withRuleIDs(properties["security_group_entries"])
        return new.with(properties: properties, references: new.references)
    }

    mutating func releaseSecurityGroup(_ group: ConfigObject) {
        guard let number = group.properties["security_group_id"]?.integerValue else { return }
        release(.number(.securityGroup, number), of: group.id)
    }

    /// The number that a client has chosen, or a free one. It stands for the group in what compute nodes filter by, so no two
    /// groups have the same.
    ///
    /// - Throws: ``ModelError/Code/numberTaken``, ``ModelError/Code/exhausted``.
    private mutating func takeNumber(for group: ConfigObject) throws(ModelError) -> Int {
        let configured = group.properties["configured_security_group_id"]?.integerValue ?? 0
        guard configured > 0 else { return try allocateNumber(.securityGroup, holder: group.id) }
        do {
            try allocate(configured, of: .securityGroup, holder: group.id)
        } catch {
            throw ModelError(
                error.code, "Cannot set configured_security_group_id: \(configured), it has already been set",
                objects: error.objects)
        }
        return configured
    }

    /// The entries with a `rule_uuid` in every rule.
    private mutating func withRuleIDs(_ entries: JSONValue?) -> JSONValue? {
        guard var members = entries?.objectValue, let rules = members["policy_rule"]?.arrayValue else { return entries }
        members["policy_rule"] = .array(
            rules.map { rule in
                guard var fields = rule.objectValue, fields["rule_uuid"]?.stringValue == nil else { return rule }
                fields["rule_uuid"] = .string(context.newID().description)
                return .object(fields)
            })
        return .object(members)
    }

    /// The rules of a project's default group: everything from the group itself comes in, everything goes out.
    mutating func defaultGroupRules(project: ConfigObject) -> JSONValue {
        let group = (project.fqName + [Self.defaultGroupName]).joined(separator: ":")
        let local: JSONValue = ["security_group": "local"]
        let own: JSONValue = ["security_group": .string(group)]
        let everywhere4: JSONValue = ["subnet": ["ip_prefix": "0.0.0.0", "ip_prefix_len": 0]]
        let everywhere6: JSONValue = ["subnet": ["ip_prefix": "::", "ip_prefix_len": 0]]
        return [
            "policy_rule": [
                policyRule(from: own, to: local, ethertype: "IPv4"),
                policyRule(from: own, to: local, ethertype: "IPv6"),
                policyRule(from: local, to: everywhere4, ethertype: "IPv4"),
                policyRule(from: local, to: everywhere6, ethertype: "IPv6"),
            ]
        ]
    }

    /// A rule for every protocol and port, with a new id.
    private mutating func policyRule(from source: JSONValue, to destination: JSONValue, ethertype: String) -> JSONValue
    {
        let ports: JSONValue = [["start_port": 0, "end_port": 65535]]
        return [
            "rule_uuid": .string(context.newID().description), "direction": ">", "protocol": "any",
            "src_addresses": [source], "src_ports": ports, "dst_addresses": [destination], "dst_ports": ports,
            "ethertype": .string(ethertype),
        ]
    }
}
