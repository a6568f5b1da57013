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

    /// The limit of a project, or what a project has until someone sets another; nil when there is none.
    func limit(of project: ConfigObject?) -> Int? {
        guard let project else { return QuotaRules.neutronDefaults[property] }
        return QuotaRules.neutronLimit(of: property, in: project)
    }

    func space(_ project: ObjectID) -> QuotaSpace { QuotaSpace(project: project, kind: property) }
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
    /// Refuses what would be over the limit; see ``GraphEdit/allows(_:of:upTo:)``.
    ///
    /// - Throws: 409 `OverQuota` with the resources that exceed it.
    func checkQuota(
        _ wanted: [QuotaResource: Int], project: ConfigObject, _ edit: inout GraphEdit
    ) throws(NeutronError) {
        var over: [String] = []
        for (resource, count) in wanted {
            guard let limit = resource.limit(of: project),
                !edit.allows(count, of: resource.space(project.id), upTo: limit)
            else { continue }
            over.append(resource.rawValue)
        }
        guard over.isEmpty else {
            throw .conflict("OverQuota", "Quota exceeded for resources: \(PythonText.list(over.sorted())).")
        }
    }
}
