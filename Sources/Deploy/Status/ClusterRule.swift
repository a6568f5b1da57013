import Addressing
import Testbed

/// What only shows when all hosts are looked at together. Pure.
enum ClusterRule {
    static func problems(testbed: Testbed, hosts: [HostStatus]) -> [String] {
        var problems: [String] = []
        for host in hosts where host.failure != nil { problems.append("\(host.name) is not reachable") }
        for host in hosts {
            problems += host.certificates.filter { !$0.isWell }.compactMap(\.complaint).map { "\(host.name): \($0)" }
        }
        let virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0?.address.description }
        for address in virtualIPs {
            let holders = hosts.filter { $0.virtualIPs.contains(address) }.map(\.name)
            if holders.isEmpty {
                problems.append("virtual IP \(address) is on no host that could be asked")
            } else if holders.count > 1 {
                problems.append("virtual IP \(address) is on \(holders.joined(separator: " and ")) at once")
            }
        }
        let owners = Set(hosts.filter { !$0.virtualIPs.isEmpty }.map(\.name))
        if owners.count > 1, virtualIPs.count > 1 {
            problems.append("the virtual IPs are not together: \(owners.sorted().joined(separator: ", "))")
        }
        let expected = Set(testbed.hosts(in: .cfgm).map { "rabbit@\($0.controlAddress)" })
        for host in hosts {
            guard let nodes = host.brokerNodes, !expected.isSubset(of: nodes) else { continue }
            let missing = expected.subtracting(nodes).sorted().joined(separator: ", ")
            problems.append("the broker on \(host.name) does not see \(missing)")
        }
        let nodes = hosts.reduce(into: Set<String>()) { $0.formUnion($1.brokerNodes ?? []) }
        for node in nodes.subtracting(expected).sorted() {
            problems.append("the broker has the node \(node), whose host is not in role cfgm: `skein up` takes it out")
        }
        problems += store(testbed: testbed, hosts: hosts)
        for host in hosts {
            guard let waiting = host.waiting else { continue }
            problems.append("notices of \(host.name) wait: \(waiting)")
        }
        for host in hosts {
            guard let unreadable = host.unreadable else { continue }
            problems.append("\(host.name) \(unreadable)")
        }
        // It stands in the store: what one controller says holds for all.
        return problems + (hosts.lazy.compactMap(\.lostNotices).first ?? [])
    }

    /// One store for all, of the hosts that the testbed names.
    private static func store(testbed: Testbed, hosts: [HostStatus]) -> [String] {
        let stores = Dictionary(grouping: hosts.filter { $0.storeID != nil }) { $0.storeID ?? "" }
        guard stores.count <= 1 else {
            let list = stores.sorted { $0.key < $1.key }.map { id, hosts in
                "\(id) on \(hosts.map(\.name).joined(separator: ", "))"
            }
            return [
                "there are \(stores.count) stores, and what one has acknowledged is not in the other: "
                    + "\(list.joined(separator: "; ")); `skein plan TESTBED` says what to do"
            ]
        }
        let wanted = testbed.hosts(in: .database).map { MemberHost($0) }
        let members = hosts.reduce(into: Set<String>()) { $0.formUnion($1.storeMembers) }
        return members.sorted().filter { url in !wanted.contains { $0.isReached(by: url) } }.map { url in
            "the store has a member at \(url), whose host is not in role database: `skein up` takes it out"
        }
    }
}
