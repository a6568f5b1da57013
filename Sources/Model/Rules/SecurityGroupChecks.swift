import Addressing
import JSON

/// security-group through the config API: its id and its rules (vnc-api.md, 3.7).
enum SecurityGroupChecks {
    static func accept(creating draft: ConfigObject, given: JSONObject) throws(ConfigFault) -> ConfigObject {
        if let id = given["security_group_id"], !id.isNull {
            throw ConfigFault(403, "Cannot set the security group ID")
        }
        try checkRules(of: draft, replacing: nil)
        return draft
    }

    static func accept(
        changing old: ConfigObject, to new: ConfigObject, given: JSONObject
    ) throws(ConfigFault) -> ConfigObject {
        if let id = given["security_group_id"], id != old.properties["security_group_id"] {
            throw ConfigFault(403, "Cannot update the security group ID")
        }
        try checkRules(of: new, replacing: old)
        return new
    }

    /// Rules that stay as they were, Neutron's too, are not judged again.
    private static func checkRules(
        of group: ConfigObject, replacing old: ConfigObject?
    ) throws(ConfigFault) {
        var before: [JSONValue: Int] = [:]
        for rule in rules(of: old) { before[rule, default: 0] += 1 }
        var seen: Set<JSONValue> = []
        /// How often each id is there, by which Neutron knows a rule.
        var ids: [String: Int] = [:]
        var new: [(rule: JSONValue, meaning: JSONValue)] = []
        for rule in rules(of: group) {
            guard var members = rule.objectValue else { throw ConfigFault(400, "Invalid rule: \(rule.pythonText)") }
            if let id = members["rule_uuid"]?.stringValue { ids[id, default: 0] += 1 }
            for name in ["rule_uuid", "created", "last_modified", "rule_sequence"] { members[name] = nil }
            let meaning = JSONValue.object(
                JSONObject(members.filter { !$0.value.isNull }.map { ($0.name, $0.value) }))
            if let count = before[rule], count > 0 {
                before[rule] = count - 1
                seen.insert(meaning)
            } else {
                new.append((rule, meaning))
            }
        }
        for (rule, meaning) in new {
            try check(rule)
            let id = rule["rule_uuid"]?.stringValue
            guard seen.insert(meaning).inserted, id.flatMap({ ids[$0] }) ?? 1 == 1 else {
                throw ConfigFault(409, "Rule already exists : \(id ?? rule.pythonText)")
            }
        }
    }

    private static func rules(of group: ConfigObject?) -> [JSONValue] {
        group?.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
    }

    private static func check(_ rule: JSONValue) throws(ConfigFault) {
        try PolicyRuleChecks.check(rule)
        let ends = ["src_addresses", "dst_addresses"].flatMap { rule[$0]?.arrayValue ?? [] }
        guard ends.contains(where: { $0["security_group"] == "local" }) else {
            throw ConfigFault(400, "At least one of source or destination addresses must be 'local'")
        }
    }
}

/// What rules of security groups and policies have in common.
enum PolicyRuleChecks {
    static func check(_ rule: JSONValue) throws(ConfigFault) {
        let text = rule["protocol"]?.stringValue ?? ""
        let isKnown = ["any", "icmp", "tcp", "udp", "icmp6"].contains(text) || UInt8(text) != nil
        guard isKnown else {
            throw ConfigFault(400, "Rule with invalid protocol : \(rule["protocol"]?.pythonText ?? "None")")
        }
        // Ports of ICMP are a type and a code, which have no order (-1 is any).
        guard !["icmp", "icmp6", "1", "58"].contains(text) else { return }
        for name in ["src_ports", "dst_ports"] {
            for range in rule[name]?.arrayValue ?? [] {
                guard let start = range["start_port"]?.integerValue, let end = range["end_port"]?.integerValue else {
                    continue
                }
                guard start <= end else { throw ConfigFault(400, "Invalid port range specified \(start)-\(end)") }
            }
        }
    }
}

/// network-policy through the config API.
enum NetworkPolicyChecks {
    static func accept(_ policy: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) -> ConfigObject {
        guard var entries = policy.properties["network_policy_entries"]?.objectValue,
            let rules = entries["policy_rule"]?.arrayValue
        else { return policy }
        var completed: [JSONValue] = []
        for rule in rules {
            guard var members = rule.objectValue else { throw ConfigFault(400, "Invalid rule: \(rule.pythonText)") }
            try PolicyRuleChecks.check(rule)
            let actions = rule["action_list"]?.objectValue?.filter { !$0.value.isFalsy } ?? []
            guard !actions.isEmpty else { throw ConfigFault(400, "Check Policy Rule: Action is required") }
            let ends = ["src_addresses", "dst_addresses"].flatMap { rule[$0]?.arrayValue ?? [] }
            guard !ends.contains(where: { !($0["security_group"]?.isFalsy ?? true) }) else {
                throw ConfigFault(400, "Config Error: policy rule refers to a security group")
            }
            if members["rule_uuid"]?.stringValue == nil {
                members["rule_uuid"] = .string(edit.context.newID().description)
            }
            completed.append(.object(members))
        }
        entries["policy_rule"] = .array(completed)
        var properties = policy.properties
        properties["network_policy_entries"] = .object(entries)
        return policy.with(properties: properties, references: policy.references)
    }
}
