import Addressing
import HashTreeCollections
import JSON
import Model

/// What Neutron counts per project.
package enum QuotaResource: String, CaseIterable, Sendable {
    case network
    case subnet
    case port
    case securityGroup = "security_group"
    case securityGroupRule = "security_group_rule"

    /// The member of Contrail's struct QuotaType.
    var property: String {
        switch self {
        case .network: "virtual_network"
        case .subnet: "subnet"
        case .port: "virtual_machine_interface"
        case .securityGroup: "security_group"
        case .securityGroupRule: "security_group_rule"
        }
    }

    /// Neutron's own default limit, which a project has until someone sets another.
    package var defaultLimit: Int {
        switch self {
        case .network, .subnet, .securityGroupRule: 100
        case .port: 500
        case .securityGroup: 10
        }
    }

    /// The limit of a project; -1 is none.
    package func limit(of project: ConfigObject?) -> Int {
        project?.properties["quota"]?[property]?.integerValue ?? defaultLimit
    }
}

extension NeutronIndex {
    /// How many of a resource a project has.
    package func usage(_ resource: QuotaResource, project: ObjectID) -> Int {
        switch resource {
        case .network: networks.count(.project(project))
        case .subnet: subnets.count(.project(project))
        case .port: ports.count(.project(project))
        case .securityGroup: securityGroups.count(.project(project))
        case .securityGroupRule: securityGroupRules.count(.project(project))
        }
    }
}

/// How many objects a request makes in each project. The quota is asked once for all of them, before the first one is made,
/// as Neutron reserves it.
struct QuotaTally {
    private var counts: [ObjectID: Int] = [:]

    init(_ inputs: [AttributeInput], caller: EditContext.Caller) {
        for input in inputs {
            guard let project = ObjectID(input["project_id"]?.stringValue ?? caller.projectID) else { continue }
            counts[project, default: 0] += 1
        }
    }

    /// How many it is to have, at the first call for a project; nil when that has been asked for already.
    mutating func take(_ project: ObjectID) -> Int? { counts.removeValue(forKey: project) }
}

extension NeutronRules {
    /// From this many to the limit on, creates of a project are put one after the other, so that none gets past it.
    private static let narrow = 32

    /// Refuses what would be over the limit.
    ///
    /// Counting is not part of a transaction's preconditions as long as there is room. Close to the limit the project
    /// itself is touched, so that of two requests which counted the same the second one counts again.
    ///
    /// - Throws: 409 `OverQuota` with the resources that exceed it.
    func checkQuota(
        _ wanted: [QuotaResource: Int], project: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        var over: [String] = []
        var isNarrow = false
        for (resource, count) in wanted {
            let limit = resource.limit(of: project)
            guard limit >= 0 else { continue }
            let used = index.usage(resource, project: project.id) + madeSoFar(resource, project: project.id, edit)
            if used + count > limit { over.append(resource.rawValue) }
            isNarrow = isNarrow || used + count + Self.narrow > limit
        }
        guard over.isEmpty else {
            throw .conflict(
                "OverQuota", "Quota exceeded for resources: \(PythonText.list(over.sorted())).")
        }
        guard isNarrow, edit.base.objects[project.id] != nil, let current = edit.object(project.id) else { return }
        try modelled { () throws(ModelError) in
            try edit.update(current.id, properties: current.properties, references: current.references)
        }
    }

    /// What this same edit has made for the project: its default group, when the project is new.
    private func madeSoFar(_ resource: QuotaResource, project: ObjectID, _ edit: GraphEdit) -> Int {
        edit.changes.reduce(0) { sum, change in
            guard (change.new ?? change.old)?.parent?.id == project else { return sum }
            return sum + Self.count(resource, change.new) - Self.count(resource, change.old)
        }
    }

    private static func count(_ resource: QuotaResource, _ object: ConfigObject?) -> Int {
        guard let object else { return 0 }
        return switch (resource, object.type) {
        case (.network, "virtual-network"), (.port, "virtual-machine-interface"), (.securityGroup, "security-group"): 1
        case (.subnet, "virtual-network"): object.subnets.count
        case (.securityGroupRule, "security-group"):
            object.properties["security_group_entries"]?["policy_rule"]?.arrayValue?.count ?? 0
        default: 0
        }
    }
}
