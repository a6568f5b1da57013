import Blueprint
import Testbed

extension ChangeSet {
    /// Puts the steps that change members where they belong among the others.
    ///
    /// The order keeps clients from noticing: members that are dead go first, since a store with one refuses new ones; those
    /// that come are there before anybody counts on them; proxies know new controllers before old ones restart; a host that
    /// leaves is in nobody's list, and holds no virtual IP, before anything on it stops.
    mutating func include(_ membership: MembershipRule, blueprint: Blueprint) {
        for (host, start) in membership.storeStarts {
            replace(DeploymentUnit.store, on: host, in: "store", of: blueprint) {
                MemberStart.store(start, membership: membership, service: $0)
            }
        }
        let forming = membership.brokerStarts.filter { $0.value == .form }
        let nodes = membership.hosts.filter { forming[$0.name] != nil }.map(\.node)
        for (host, start) in membership.brokerStarts {
            replace(DeploymentUnit.broker, on: host, in: "broker", of: blueprint) {
                MemberStart.broker(start, nodes: nodes, service: $0)
            }
        }
        restartControllersAfterProxies()
        bringVirtualIPsLater(blueprint)
        insert(Departures.strays(membership), before: ["store", "broker", "controller", "proxy", "vip"])
        let keepers = membership.testbed.hosts(in: .cfgm).filter { host in
            membership.survey(host.name)?.parts.contains(.vip) ?? false
        }
        // Without one that could take the addresses, they stay until the new ones have them.
        let handover = Departures.handover(membership)
        if keepers.isEmpty {
            stages += handover.map { [$0] } ?? []
        } else {
            insert(handover, before: ["vip-health", "vip"])
        }
        stages += membership.departures.compactMap { Departures.stage($0, membership: membership) }
        notes += membership.notes
    }

    /// Puts a step in the place of a service's plain start, or in its order where the plan has none.
    private mutating func replace(
        _ unit: String, on host: String, in stage: String, of blueprint: Blueprint,
        by change: (Resource.Service) -> PlannedChange
    ) {
        guard let planned = blueprint.stages.first(where: { $0.name == stage }),
            let resources = planned.hosts.first(where: { $0.host == host })?.resources
        else { return }
        var place = -1
        var service: Resource.Service?
        for (index, resource) in resources.enumerated() {
            if case .service(let found) = resource, found.name == unit { (place, service) = (index, found) }
        }
        guard let service else { return }
        var index = stages.firstIndex { $0.name == stage }
        if index == nil {
            let later = blueprint.stages.drop { $0.name != stage }.map(\.name)
            let position = stages.firstIndex { later.contains($0.name) } ?? stages.endIndex
            stages.insert(Stage(name: stage, title: planned.title, hosts: []), at: position)
            index = position
        }
        guard let index else { return }
        var position = stages[index].hosts.firstIndex { $0.host == host }
        if position == nil {
            stages[index].hosts.append(HostChanges(host: host, changes: []))
            position = stages[index].hosts.count - 1
        }
        guard let position else { return }
        var changes = stages[index].hosts[position].changes
        changes.removeAll { $0.resource == .service(service) }
        let before = resources[..<place]
        let at = changes.prefix { before.contains($0.resource) }.count
        changes.insert(change(service), at: at)
        stages[index].hosts[position].changes = changes
    }

    /// New controllers serve, and all proxies know them, before any that serves restarts: it may be the only one.
    private mutating func restartControllersAfterProxies() {
        guard let controllers = stages.firstIndex(where: { $0.name == "controller" }),
            let proxies = stages.firstIndex(where: { $0.name == "proxy" })
        else { return }
        let restarted = stages[controllers].hosts.filter { $0.changes.contains(where: \.interrupts) }
        guard !restarted.isEmpty else { return }
        stages.insert(
            Stage(name: "controller", title: "Restarting the controllers", hosts: restarted), at: proxies + 1)
        stages[controllers].hosts.removeAll { restarted.contains($0) }
        if stages[controllers].hosts.isEmpty { stages.remove(at: controllers) }
    }

    /// Where hosts have virtual IPs, others that come must be heard before they count, and must not take an address as
    /// long as nobody speaks to them: their health first, then the others' configuration, then their own keepalived.
    private mutating func bringVirtualIPsLater(_ blueprint: Blueprint) {
        guard let index = stages.firstIndex(where: { $0.name == "vip" }),
            let all = blueprint.stages.first(where: { $0.name == "vip" })?.hosts.map(\.host)
        else { return }
        func isStart(_ change: PlannedChange, _ unit: String) -> Bool {
            if case .service(let service) = change.resource {
                service.name == unit && !change.interrupts && change.action.hasPrefix("start")
            } else {
                false
            }
        }
        let coming = stages[index].hosts.filter { host in
            host.changes.contains { isStart($0, DeploymentUnit.vip) }
        }.map(\.host)
        guard !coming.isEmpty, coming.count < all.count else { return }
        var early: [HostChanges] = []
        for position in stages[index].hosts.indices where coming.contains(stages[index].hosts[position].host) {
            let changes = stages[index].hosts[position].changes
            let count = changes.firstIndex { isStart($0, DeploymentUnit.vipHealth) }.map { $0 + 1 } ?? 0
            if count > 0 {
                early.append(HostChanges(host: stages[index].hosts[position].host, changes: Array(changes[..<count])))
            }
            stages[index].hosts[position].changes = changes[count...].map { change in
                var change = change
                change.comesLast = true
                return change
            }
        }
        guard !early.isEmpty else { return }
        stages.insert(
            Stage(name: "vip-health", title: "Letting the hosts of the virtual IPs hear new ones", hosts: early),
            at: index)
    }

    private mutating func insert(_ stage: Stage?, before names: [String]) {
        guard let stage else { return }
        stages.insert(stage, at: stages.firstIndex { names.contains($0.name) } ?? stages.endIndex)
    }
}
