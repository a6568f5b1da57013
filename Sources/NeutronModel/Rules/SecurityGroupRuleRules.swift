import Addressing
import JSON
import Model

// Rules of security groups.
extension NeutronRules {
    /// All rules of one request, which are of one group and one project.
    func createRules(
        _ inputs: [AttributeInput], _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronSecurityGroupRule] {
        guard Set(inputs.map { $0["security_group_id"]?.stringValue }).count == 1 else {
            throw NeutronError(
                status: 400, type: "SecurityGroupNotSingleGroupRules",
                message: "Only allowed to update rules for one security profile at a time")
        }
        guard Set(inputs.map { $0["project_id"]?.stringValue }).count == 1 else {
            throw NeutronError(
                status: 400, type: "SecurityGroupRulesNotSingleProject",
                message: "Multiple project_ids in bulk security group rule create not allowed")
        }
        let text = inputs.first?["security_group_id"]?.stringValue ?? ""
        let caller = edit.context.caller
        guard let id = ObjectID(text), let object = edit.object(id, type: "security-group"),
            let group = index.securityGroups[id],
            caller.isAdmin || group.projectID == Visibility.projectID(caller)
        else { throw NeutronCollection.securityGroups.notFound(text) }
        if let project = edit.object(group.projectID) {
            try checkQuota([.securityGroupRule: inputs.count], project: project, &edit)
        }
        let existing = Dictionary(
            group.rules.map { (RulePlan($0).match, $0.id) }, uniquingKeysWith: { first, _ in first })
        var asked: Set<RulePlan.Match> = []
        var plans: [RulePlan] = []
        for input in inputs {
            let plan = try RulePlan(input)
            let match = plan.match
            guard asked.insert(match).inserted else {
                throw .conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
            }
            if let same = existing[match] {
                throw .conflict("SecurityGroupRuleExists", "Security group rule already exists. Rule id is \(same).")
            }
            plans.append(plan)
        }
        return try store(plans, in: object, &edit)
    }

    func deleteRule(_ rule: NeutronSecurityGroupRule, _ edit: inout GraphEdit) throws(NeutronError) {
        guard let object = edit.object(rule.groupID) else {
            throw NeutronCollection.securityGroupRules.notFound(rule.id.description)
        }
        let rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        let staying = rules.filter { $0["rule_uuid"]?.stringValue.flatMap(ObjectID.init) != rule.id }
        try replaceRules(of: object, with: staying, &edit)
    }

    private func store(
        _ plans: [RulePlan], in object: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronSecurityGroupRule] {
        var rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        var extras: [(name: String, values: JSONObject)] = []
        var ids: Set<ObjectID> = []
        for plan in plans {
            let remote = try remoteGroupName(plan, object, &edit)
            let id = edit.context.newID()
            rules.append(plan.stored(id: id, now: edit.context.now, remoteGroupName: remote))
            extras.append((id.description, plan.extras))
            ids.insert(id)
        }
        try replaceRules(of: object, with: rules, adding: extras, &edit)
        guard let changed = edit.object(object.id) else {
            throw NeutronCollection.securityGroups.notFound(object.id.description)
        }
        // New rules are behind all others, in their order.
        return try view(of: changed, edit).rules.filter { ids.contains($0.id) }
    }

    /// The full name of the group that a rule refers to, which must be there when the rule is committed.
    private func remoteGroupName(
        _ plan: RulePlan, _ own: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> String? {
        guard let text = plan.remoteGroup else { return nil }
        guard let id = ObjectID(text), let remote = edit.object(id, type: "security-group"),
            remote.parent?.id == own.parent?.id || edit.context.caller.isAdmin
        else { throw NeutronCollection.securityGroups.notFound(text) }
        edit.rely(on: id)
        return remote.fqName.joined(separator: ":")
    }
}
