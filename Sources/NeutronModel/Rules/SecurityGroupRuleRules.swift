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
            let group = NeutronSecurityGroup(object, groupID: index.groupID(named:)),
            caller.isAdmin || group.projectID == Visibility.projectID(caller)
        else { throw NeutronCollection.securityGroups.notFound(text) }
        var plans: [RulePlan] = []
        for input in inputs {
            let plan = try RulePlan(input)
            guard !plans.contains(where: { $0.isSame(as: plan) }) else {
                throw .conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
            }
            if let same = group.rules.first(where: { plan.isSame(as: RulePlan($0)) }) {
                throw .conflict(
                    "SecurityGroupRuleExists", "Security group rule already exists. Rule id is \(same.id).")
            }
            plans.append(plan)
        }
        if let project = edit.object(group.projectID) {
            try checkQuota([.securityGroupRule: plans.count], project: project, &edit)
        }
        return try store(plans, in: object, &edit)
    }

    func deleteRule(_ rule: NeutronSecurityGroupRule, _ edit: inout GraphEdit) throws(NeutronError) {
        guard let object = edit.object(rule.groupID) else {
            throw NeutronCollection.securityGroupRules.notFound(rule.id.description)
        }
        let rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        let staying = rules.filter { $0["rule_uuid"]?.stringValue.flatMap(ObjectID.init) != rule.id }
        try replaceRules(of: object, with: staying, extras: Extras(object.properties), &edit)
    }

    private func store(
        _ plans: [RulePlan], in object: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) -> [NeutronSecurityGroupRule] {
        var rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        var extras = Extras(object.properties)
        var ids: [ObjectID] = []
        for plan in plans {
            let remote = try remoteGroupName(plan, object, &edit)
            let id = edit.context.newID()
            rules.append(plan.stored(id: id, now: edit.context.now, remoteGroupName: remote))
            extras[NeutronSecurityGroupRule.extrasGroup, id.description] = plan.extras
            ids.append(id)
        }
        try replaceRules(of: object, with: rules, extras: extras, &edit)
        guard let changed = edit.object(object.id) else {
            throw NeutronCollection.securityGroups.notFound(object.id.description)
        }
        let view = try view(of: changed, edit)
        return ids.compactMap { id in view.rules.first { $0.id == id } }
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
