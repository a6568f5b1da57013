import Testbed

extension MembershipRule {
    /// RabbitMQ's nodes. A node without data looks for the others by itself, and may find another new one first: so those
    /// that come to a cluster are led to it, one after the other.
    mutating func decideBroker() {
        let wanted = testbed.hosts(in: .cfgm).map { MemberHost($0) }
        let running = surveys.filter { $0.brokerRunning != nil }
        guard let main = running.max(by: { $0.brokerMembers.count < $1.brokerMembers.count }) else {
            let holders = hosts.filter { survey($0.name)?.brokerHasData == true }
            for host in wanted where survey(host.name)?.brokerHasData == false {
                brokerStarts[host.name] = holders.isEmpty ? .form : .join(through: holders)
            }
            return
        }
        let alive = main.brokerRunning ?? []
        let through = hosts.filter { alive.contains($0.node) }
        for host in wanted {
            guard let survey = survey(host.name) else { continue }
            // What lacks its member of the store as well is named once.
            let isNamed = refusals.contains { $0.hasPrefix("\(host.name):") }
            let others = through.filter { $0 != host }
            if main.brokerMembers.contains(host.node) {
                if survey.brokerJoins, !others.isEmpty {
                    brokerStarts[host.name] = .join(through: others)
                } else if !survey.brokerHasData, survey.brokerRunning == nil, !isNamed {
                    refusals.append(
                        "\(host.name): its broker has no data, and \(main.host) still counts it as a member: "
                            + "`skein replace TESTBED \(host.name)` makes it anew, then `skein up` goes on")
                }
            } else if survey.brokerHasData, !survey.brokerJoins {
                guard !isNamed else { continue }
                refusals.append(
                    "\(host.name): its broker has data and is not of the cluster of \(Self.names(through)): "
                        + "`skein replace TESTBED \(host.name)` deletes it and lets it join")
            } else {
                brokerStarts[host.name] = .join(through: others)
            }
        }
        for node in main.brokerMembers.subtracting(alive).sorted() where !wanted.contains(where: { $0.node == node }) {
            let label = hosts.first { $0.node == node }?.name ?? node
            brokerStrays.append(Stray(label: label, id: node, through: through))
        }
    }
}
