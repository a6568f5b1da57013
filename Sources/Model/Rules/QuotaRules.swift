import Addressing
import HashTreeCollections
import JSON

/// Quotas of projects: how many there may be, and how many there are.
package enum QuotaRules {
    /// Neutron's own default limits, which a project has through Neutron's API until someone sets others.
    package static let neutronDefaults = [
        "virtual_network": 100, "subnet": 100, "virtual_machine_interface": 500, "security_group": 10,
        "security_group_rule": 100,
    ]

    /// The config API's limit of a kind, such as `virtual_network`, in a project (vnc-api.md, 3.8): -1 or absent is none.
    package static func limit(of kind: String, in project: ConfigObject) -> Int? {
        let quota = project.properties["quota"]
        let limit = quota?[kind]?.integerValue ?? quota?["defaults"]?.integerValue ?? -1
        return limit < 0 ? nil : limit
    }

    /// Neutron's limit of a kind in a project; nil when there is none, or Neutron does not count it.
    package static func neutronLimit(of kind: String, in project: ConfigObject) -> Int? {
        guard let standard = neutronDefaults[kind] else { return nil }
        let limit = project.properties["quota"]?[kind]?.integerValue ?? standard
        return limit < 0 ? nil : limit
    }

    /// The lower one of both APIs' limits.
    static func lowestLimit(of kind: String, in project: ConfigObject) -> Int? {
        [limit(of: kind, in: project), neutronLimit(of: kind, in: project)].compactMap { $0 }.min()
    }

    /// How many there are.
    package static func usage(_ space: QuotaSpace, in snapshot: Snapshot) -> Int {
        guard let (parent, type) = indirect[space.kind] else { return snapshot.usages[space] ?? 0 }
        return snapshot.referrers(of: space.project, type: parent).reduce(0) {
            $0 + snapshot.referrerCount(of: $1.id, type: type)
        }
    }

    /// Kinds whose objects are counted for the project of their parent.
    private static let indirect: [String: (parent: String, type: String)] = [
        "floating_ip_pool": ("virtual-network", "floating-ip-pool"),
        "loadbalancer_member": ("loadbalancer-pool", "loadbalancer-member"),
    ]

    /// Refuses more than the config API's limits allow when an object is made or changed.
    ///
    /// - Parameters:
    ///   - old: what the object replaces; nil when it is new.
    ///   - new: the object, not yet part of the edit.
    /// - Throws: 412
    static func check(
        changing old: ConfigObject? = nil, to new: ConfigObject, _ edit: inout GraphEdit
    ) throws(ConfigFault) {
        let differences = QuotaSpace.differences(from: old, to: new, edit.base.schema) { project(of: $0, edit) }
        for (space, difference) in differences where difference > 0 {
            guard let project = edit.object(space.project, type: "project"),
                let limit = limit(of: space.kind, in: project)
            else { continue }
            guard edit.allows(difference, of: space, upTo: limit) else {
                throw ConfigFault(412, "quota limit (\(limit)) exceeded for resource \(space.kind)")
            }
        }
    }

    /// Whose an object is: also that of its parent, for types that are counted so (vnc-api.md, 3.8). A floating-ip that
    /// names no project gets that of its pool.
    static func project(of object: ConfigObject, _ edit: GraphEdit) -> ObjectID? {
        if let project = object.quotaProject { return project }
        let parent = object.parent.flatMap { edit.object($0.id) }
        return switch object.type {
        case "loadbalancer-member", "floating-ip-pool": parent?.quotaProject
        case "floating-ip", "alias-ip": parent?.parent.flatMap { edit.object($0.id) }?.quotaProject
        default: nil
        }
    }
}
