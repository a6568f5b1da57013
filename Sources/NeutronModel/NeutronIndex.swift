import Addressing
import HashTreeCollections
import Model

/// Neutron's view of a snapshot: networks, subnets, ports, security groups and rules as Neutron shows them, kept up to
/// date change by change.
package struct NeutronIndex: Sendable {
    package private(set) var networks = ViewCollection<NeutronNetwork>()
    package private(set) var subnets = ViewCollection<NeutronSubnet>()
    package private(set) var ports = ViewCollection<NeutronPort>()
    package private(set) var securityGroups = ViewCollection<NeutronSecurityGroup>()
    package private(set) var securityGroupRules = ViewCollection<NeutronSecurityGroupRule>()
    /// Security groups by their full names in one text.
    private var groupIDs: TreeDictionary<String, ObjectID> = [:]
    /// For each full name, the groups with a rule that refers to it.
    private var groupsByRemoteName: TreeDictionary<String, TreeSet<ObjectID>> = [:]

    package init(snapshot: Snapshot) {
        for object in snapshot.objects(ofType: "virtual-network").values { refreshNetwork(object.id, snapshot) }
        for object in snapshot.objects(ofType: "virtual-machine-interface").values { refreshPort(object.id, snapshot) }
        let groups = snapshot.objects(ofType: "security-group").values
        for group in groups { groupIDs[group.fqName.joined(separator: ":")] = group.id }
        for group in groups { refreshGroup(group.id, snapshot) }
    }

    /// Takes the changes that led to `snapshot`.
    package mutating func apply(_ changes: [ObjectChange], snapshot: Snapshot) {
        var stale = Stale()
        for change in changes {
            for case let object? in [change.old, change.new] { note(object, in: &stale) }
            guard let group = change.new ?? change.old, group.type == "security-group",
                change.old == nil || change.new == nil
            else { continue }
            let name = group.fqName.joined(separator: ":")
            groupIDs[name] = change.new?.id
            stale.groups.formUnion(groupsByRemoteName[name] ?? [])
        }
        for id in stale.networks { refreshNetwork(id, snapshot) }
        for id in stale.ports { refreshPort(id, snapshot) }
        for id in stale.groups { refreshGroup(id, snapshot) }
    }

    /// The groups that have a rule which refers to this group.
    func groupsReferring(to group: NeutronSecurityGroup) -> [ObjectID] {
        Array(groupsByRemoteName[group.joinedName] ?? [])
    }

    /// The security group with this full name in one text.
    func groupID(named name: String) -> ObjectID? { groupIDs[name] }

    private struct Stale {
        var networks: Set<ObjectID> = []
        var ports: Set<ObjectID> = []
        var groups: Set<ObjectID> = []
    }

    private func note(_ object: ConfigObject, in stale: inout Stale) {
        switch object.type {
        case "virtual-network": stale.networks.insert(object.id)
        case "virtual-machine-interface": stale.ports.insert(object.id)
        case "instance-ip":
            stale.ports.formUnion(object.references("virtual_machine_interface_refs").map(\.id))
        case "security-group": stale.groups.insert(object.id)
        default: break
        }
    }

    private mutating func refreshNetwork(_ id: ObjectID, _ snapshot: Snapshot) {
        let object = snapshot.object(id, type: "virtual-network")
        let network = object.flatMap(NeutronNetwork.init)
        networks.set(network, for: id)
        var leaving = Set(subnets.ids(.network(id)))
        if let object, let network {
            for subnet in NeutronSubnet.subnets(of: object, network: network) {
                subnets.set(subnet, for: subnet.id)
                leaving.remove(subnet.id)
            }
        }
        for subnet in leaving { subnets.set(nil, for: subnet) }
    }

    private mutating func refreshPort(_ id: ObjectID, _ snapshot: Snapshot) {
        let port = snapshot.object(id, type: "virtual-machine-interface").flatMap { object in
            NeutronPort(
                object, instanceIPs: snapshot.referrers(of: id, type: "instance-ip"),
                network: object.references("virtual_network_refs").first.flatMap {
                    snapshot.object($0.id, type: "virtual-network")
                })
        }
        ports.set(port, for: id)
    }

    private mutating func refreshGroup(_ id: ObjectID, _ snapshot: Snapshot) {
        let names = groupIDs
        let group = snapshot.object(id, type: "security-group").flatMap {
            NeutronSecurityGroup($0) { names[$0] }
        }
        var before = Set((securityGroups[id]?.rules ?? []).compactMap(\.remoteGroupName))
        securityGroups.set(group, for: id)
        var leaving = Set(securityGroupRules.ids(.securityGroup(id)))
        for rule in group?.rules ?? [] {
            securityGroupRules.set(rule, for: rule.id)
            leaving.remove(rule.id)
            guard let name = rule.remoteGroupName else { continue }
            groupsByRemoteName[name, default: []].insert(id)
            before.remove(name)
        }
        for rule in leaving { securityGroupRules.set(nil, for: rule) }
        for name in before {
            groupsByRemoteName[name]?.remove(id)
            if groupsByRemoteName[name]?.isEmpty ?? false { groupsByRemoteName[name] = nil }
        }
    }
}
