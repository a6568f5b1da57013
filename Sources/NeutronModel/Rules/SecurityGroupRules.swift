import Addressing
import JSON
import Model

// Security groups.
extension NeutronRules {
    func createSecurityGroup(
        _ input: AttributeInput, _ tally: inout QuotaTally, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronSecurityGroup {
        let project = try project(for: input, &edit)
        _ = try defaultGroup(of: project, &edit)
        if let count = tally.take(project.id) {
            try checkQuota([.securityGroup: count, .securityGroupRule: 2 * count], project: project, &edit)
        }
        let id = edit.context.newID()
        let name = input["name"]?.stringValue ?? ""
        // A new group lets everything out, and nothing in.
        var rules: [JSONValue] = []
        for ethertype in ["IPv4", "IPv6"] {
            let rule = RulePlan(egressFor: ethertype)
            rules.append(
                rule.stored(id: edit.context.newID(), now: edit.context.now, remoteGroupName: nil))
        }
        let draft = ConfigObject(
            type: "security-group", id: id,
            fqName: Self.fullName(name, id: id, type: "security-group", project: project, edit),
            parent: ObjectLink(type: "project", id: project.id),
            properties: [
                "id_perms": Self.permissions(input), "display_name": .string(name),
                "security_group_entries": ["policy_rule": .array(rules)],
            ], references: [:])
        let group = try modelled { () throws(ModelError) in try edit.add(draft) }
        return try view(of: group, edit)
    }

    func updateSecurityGroup(
        _ group: NeutronSecurityGroup, _ input: AttributeInput, _ edit: inout GraphEdit
    ) throws(NeutronError) -> NeutronSecurityGroup {
        guard let object = edit.object(group.id) else {
            throw NeutronCollection.securityGroups.notFound(group.id.description)
        }
        if group.isDefault, input["name"] != nil {
            throw .conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
        }
        var properties = object.properties
        properties["id_perms"] = Self.permissions(input)
        if let name = input["name"] { properties["display_name"] = name }
        let changed = try modelled { () throws(ModelError) in
            try edit.change(object.id, properties: properties, references: object.references)
        }
        return try view(of: changed, edit)
    }

    func deleteSecurityGroup(_ group: NeutronSecurityGroup, _ edit: inout GraphEdit) throws(NeutronError) {
        if group.isDefault, !edit.context.caller.isAdmin {
            throw .conflict(
                "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
        }
        let inUse = NeutronError.conflict("SecurityGroupInUse", "Security Group \(group.id) in use.")
        guard index.ports.count(.securityGroup(group.id)) == 0 else { throw inUse }
        // Rules of other groups that refer to it go with it.
        for other in index.groupsReferring(to: group) where other != group.id {
            try removeRules(of: other, edit: &edit) { $0["security_group"]?.stringValue == group.joinedName }
        }
        try modelled { () throws(ModelError) in try edit.remove(group.id) }
        guard !edit.hasReferrers(group.id) else { throw inUse }
    }

    /// Whether a read of security groups must begin with making the caller's default group, as Neutron's does.
    package static func lacksDefaultGroup(_ caller: EditContext.Caller, in snapshot: Snapshot) -> Bool {
        guard let id = ObjectID(caller.projectID) else { return false }
        guard let project = snapshot.object(id, type: "project") else { return true }
        return snapshot.object(type: "security-group", fqName: project.fqName + [GraphEdit.defaultGroupName]) == nil
    }

    /// Makes the caller's project and its default group where they are missing.
    ///
    /// - Returns: an empty answer that nobody is sent.
    package func makeDefaultGroup(edit: inout GraphEdit) throws(NeutronError) -> APIAnswer {
        let project = try Self.project(edit.context.caller.projectID, &edit)
        _ = try defaultGroup(of: project, &edit)
        return APIAnswer(status: 204, contentType: "")
    }

    /// The group that a port without a choice gets, made when a project of the config API's has none.
    func defaultGroup(of project: ConfigObject, _ edit: inout GraphEdit) throws(NeutronError) -> ConfigObject {
        let name = project.fqName + [GraphEdit.defaultGroupName]
        if let group = edit.object(type: "security-group", fqName: name) { return group }
        let draft = edit.defaultGroup(of: project)
        return try modelled { () throws(ModelError) in try edit.add(draft) }
    }

    /// The group as the edit leaves it.
    func view(of object: ConfigObject, _ edit: GraphEdit) throws(NeutronError) -> NeutronSecurityGroup {
        let group = NeutronSecurityGroup(object) { name in
            name == object.fqName.joined(separator: ":") ? object.id : index.groupID(named: name)
        }
        guard let group else { throw NeutronCollection.securityGroups.notFound(object.id.description) }
        return group
    }

    private func removeRules(
        of id: ObjectID, edit: inout GraphEdit, where refers: (JSONValue) -> Bool
    ) throws(NeutronError) {
        guard let object = edit.object(id) else { return }
        let rules = object.properties["security_group_entries"]?["policy_rule"]?.arrayValue ?? []
        let staying = rules.filter { rule in
            let addresses = (rule["src_addresses"]?.arrayValue ?? []) + (rule["dst_addresses"]?.arrayValue ?? [])
            return !addresses.contains(where: refers)
        }
        try replaceRules(of: object, with: staying, &edit)
    }

    /// Puts a group's rules; what Neutron keeps of rules that are gone goes too.
    ///
    /// - Parameter parts: what Neutron keeps of new rules, by their ids.
    func replaceRules(
        of object: ConfigObject, with rules: [JSONValue], adding parts: [(name: String, values: JSONObject)] = [],
        _ edit: inout GraphEdit
    ) throws(NeutronError) {
        var extras = Extras(object.properties)
        let ids = Set(rules.compactMap { $0["rule_uuid"]?.stringValue })
        extras.set(parts, of: NeutronSecurityGroupRule.extrasGroup, keeping: ids.contains)
        var properties = object.properties
        properties["security_group_entries"] = ["policy_rule": .array(rules)]
        extras.store(in: &properties)
        _ = try modelled { () throws(ModelError) in
            try edit.change(object.id, properties: properties, references: object.references)
        }
    }
}
