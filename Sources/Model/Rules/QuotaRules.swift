import Addressing
import HashTreeCollections
import JSON

/// Quotas of projects (vnc-api.md, 3.8): -1 or absent is no limit.
package enum QuotaRules {
    /// The limit of a kind, such as `virtual_network`, in a project; nil when there is none.
    package static func limit(of kind: String, in project: ConfigObject) -> Int? {
        let quota = project.properties["quota"]
        let limit = quota?[kind]?.integerValue ?? quota?["defaults"]?.integerValue ?? -1
        return limit < 0 ? nil : limit
    }

    /// How many objects of a type count for a project: its children, and those that refer to it.
    package static func count(of type: String, in project: ObjectID, _ snapshot: Snapshot) -> Int {
        snapshot.referrerCount(of: project, type: type)
    }

    /// From this many to the limit on, creates of a project are put one after the other, so that none gets past it.
    private static let narrow = 32

    /// Refuses one object more than the project's quota allows.
    ///
    /// Counting is no part of a transaction's preconditions as long as there is room. Close to the limit the project
    /// itself is touched, so that of two requests which counted the same the second one counts again.
    ///
    /// - Throws: 412
    static func check(adding draft: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) {
        guard draft.isUserVisible, let kind = edit.base.schema.types[draft.type]?.objectType,
            let project = project(of: draft, edit)
        else { return }
        if let limit = limit(of: kind, in: project) {
            try check(count(of: draft.type, in: project.id, edit.base) + 1, limit, kind, project, &edit)
        }
        try checkParts(of: draft, replacing: nil, project: project, &edit)
    }

    /// Refuses more subnets or rules than the quota allows when an object changes.
    ///
    /// - Throws: 412
    static func check(changing old: ConfigObject, to new: ConfigObject, _ edit: inout GraphEdit) throws(ConfigFault) {
        guard let project = project(of: new, edit) else { return }
        try checkParts(of: new, replacing: old, project: project, &edit)
    }

    private static func check(
        _ count: Int, _ limit: Int, _ kind: String, _ project: ConfigObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        guard count <= limit else {
            throw ConfigFault(412, "quota limit (\(limit)) exceeded for resource \(kind)")
        }
        guard count + narrow > limit, edit.base.objects[project.id] != nil, let current = edit.object(project.id) else {
            return
        }
        try asConfigFault { () throws(ModelError) in
            try edit.update(project.id, properties: current.properties, references: current.references)
        }
    }

    /// Subnets are counted in networks, rules in security groups.
    private static func checkParts(
        of new: ConfigObject, replacing old: ConfigObject?, project: ConfigObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        let kinds: [String: (kind: String, count: (ConfigObject) -> Int)] = [
            "virtual-network": ("subnet", { $0.subnetCount }),
            "security-group": (
                "security_group_rule",
                { $0.properties["security_group_entries"]?["policy_rule"]?.arrayValue?.count ?? 0 }
            ),
        ]
        guard let (kind, count) = kinds[new.type], let limit = limit(of: kind, in: project) else { return }
        let added = count(new) - (old.map(count) ?? 0)
        guard added > 0 else { return }
        let siblings = edit.base.referrers(of: project.id, type: new.type)
        let total = siblings.map(count).reduce(0, +) + added
        try check(total, limit, kind, project, &edit)
    }

    private static func project(of object: ConfigObject, _ edit: GraphEdit) -> ConfigObject? {
        if let parent = object.parent, parent.type == "project" { return edit.object(parent.id) }
        if let reference = object.references("project_refs").first { return edit.object(reference.id) }
        guard let parent = object.parent.flatMap({ edit.object($0.id) }),
            object.type == "loadbalancer-member" || object.type == "floating-ip-pool"
        else { return nil }
        return project(of: parent, edit)
    }
}

extension ConfigObject {
    /// How many subnets a network has, also those that have no id yet.
    var subnetCount: Int {
        references("network_ipam_refs").map { $0.attribute["ipam_subnets"]?.arrayValue?.count ?? 0 }.reduce(0, +)
    }
}
