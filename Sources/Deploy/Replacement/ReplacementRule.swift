import Blueprint
import Testbed

/// Decides what it takes to give a host a new member of the store and of the broker, or why that must not be. Pure.
///
/// Every step may run again, and a run that was interrupted anywhere is taken up by the next one: a member that is listed
/// and does not serve is removed and added, one that is not listed is added.
struct ReplacementRule {
    var steps: [HostStep] = []
    /// Why nothing is done; empty when the steps may be taken.
    var refusals: [String] = []
    /// What the operator should know before agreeing.
    var notes: [String] = []

    private let testbed: Testbed
    private let host: Testbed.Host
    private let surveys: [MemberSurvey]

    /// - Parameters:
    ///   - surveys: of every managed host that could be asked, the host itself included.
    ///   - insists: replaces a member that is well, too.
    init(testbed: Testbed, host: Testbed.Host, surveys: [MemberSurvey], insists: Bool) {
        self.testbed = testbed
        self.host = host
        self.surveys = surveys
        let isStore = host.roles.contains(.database)
        let isBroker = host.roles.contains(.cfgm)
        guard isStore || isBroker else {
            refusals.append("\(host.name) has no member of the store (database) or the broker (cfgm)")
            return
        }
        if isStore { replaceStore(insists: insists) }
        if isBroker { replaceBroker(insists: insists) }
        if steps.isEmpty, refusals.isEmpty {
            refusals.append(
                "\(host.name): its members of the store and the broker are well; nothing is replaced without --force")
        }
        if !refusals.isEmpty { steps = [] }
    }

    private func survey(_ name: String) -> MemberSurvey? { surveys.first { $0.host == name } }

    private static func isMajority(_ count: Int, of total: Int) -> Bool { 2 * count > total }

    // MARK: Store

    private mutating func replaceStore(insists: Bool) {
        if survey(host.name)?.storeServes == true, !insists { return }
        let others = testbed.hosts(in: .database).filter { $0.name != host.name }
        let serving = others.filter { survey($0.name)?.storeServes == true }
        let members = serving.first.flatMap { survey($0.name)?.storeMembers } ?? []
        guard !members.isEmpty, Self.isMajority(serving.count, of: members.count) else {
            refusals.append(
                "the store has no majority without \(host.name): \(serving.count) of "
                    + "\(max(members.count, others.count + 1)) members serve; bring the others back first")
            return
        }
        let stores = Set(serving.compactMap { survey($0.name)?.storeID })
        guard stores.count <= 1 else {
            refusals.append(
                "the others have \(stores.count) stores (\(stores.sorted().joined(separator: ", "))): decide whose data stays, "
                    + "and run `systemctl stop \(DeploymentUnit.store)` on the hosts of the other one first")
            return
        }
        let through = serving.map { MemberHost($0) }
        let prelude = StoreJoin.prelude(through: through)
        notes.append(
            "What is left in \(DeploymentPath.storeData) on \(host.name) is deleted; the other members have it all.")
        steps += [
            HostStep(
                host: host.name, action: "stop the store's member and remove it from the membership",
                script: """
                    \(prelude)
                    systemctl stop \(DeploymentUnit.store) || true
                    id=$(ctl member list | awk -F', ' -v url="$url" '$4 == url { print $1 }')
                    if [ -n "$id" ]; then ctl member remove "$id"; fi
                    """, seconds: 90),
            HostStep(
                host: host.name, action: "delete what is left of its data",
                script: "find \(DeploymentPath.storeData) -mindepth 1 -delete; rm -f \(DeploymentPath.storeFormation)",
                seconds: 90),
            HostStep(
                host: host.name, action: "add it anew, let it catch up, and give it a vote",
                script: """
                    \(StoreJoin.script(through: through))
                    begin=$(date +%s)
                    until curl -fsS -m 2 http://127.0.0.1:\(ServicePort.storeMetrics)/health 2>/dev/null | grep -q true; do
                        if [ $(($(date +%s) - begin)) -ge 240 ]; then
                            echo "it does not serve after 240 s; its last lines:" >&2
                            journalctl --no-pager -q -o cat -n 8 -u \(DeploymentUnit.store) >&2
                            exit 1
                        fi
                        sleep 0.5
                    done
                    """, seconds: StoreJoin.seconds + 300),
        ]
    }

    // MARK: Broker

    private mutating func replaceBroker(insists: Bool) {
        let nodes = testbed.hosts(in: .cfgm)
        let node = "rabbit@\(host.controlAddress)"
        let others = nodes.filter { $0.name != host.name }
        let running = others.filter { survey($0.name)?.brokerRunning != nil }
        let own = survey(host.name)?.brokerRunning
        guard let first = running.first, let view = survey(first.name) else {
            // The only broker, or none to join: nothing is better than what is there.
            if own == nil, !others.isEmpty { refuseBroker(running: 0, of: nodes.count) }
            return
        }
        let isWell =
            own?.contains("rabbit@\(first.controlAddress)") == true && view.brokerRunning?.contains(node) == true
        if !isWell || insists {
            guard Self.isMajority(running.count, of: nodes.count) else {
                refuseBroker(running: running.count, of: nodes.count)
                return
            }
            steps += rejoin(node: node, through: first, count: running.count + 1)
        }
        if !isWell || insists || view.queuesOn[node, default: 0] < view.queues {
            steps.append(
                HostStep(
                    host: host.name, action: "copy the replicated queues to its broker",
                    script: """
                        timeout 110 \(DeploymentPath.brokerQueues) -q grow \(node) all
                        systemctl start \(DeploymentUnit.brokerWatch.first ?? "") 2>/dev/null || true
                        """, seconds: 120))
        }
    }

    private mutating func refuseBroker(running: Int, of total: Int) {
        refusals.append(
            "the broker has no majority without \(host.name): it runs on \(running) of \(total) nodes. When the others wait "
                + "for \(host.name), which was stopped last and does not come back, run `skein-rabbitmqctl force_boot` on one of "
                + "them, restart \(DeploymentUnit.broker) there, and try again")
    }

    private func rejoin(node: String, through other: Testbed.Host, count: Int) -> [HostStep] {
        [
            HostStep(
                host: host.name, action: "stop its broker",
                script: """
                    systemctl stop \(DeploymentUnit.brokerWatch.joined(separator: " ")) 2>/dev/null || true
                    timeout 60 systemctl stop \(DeploymentUnit.broker) || systemctl kill -s KILL \(DeploymentUnit.broker) || true
                    """, seconds: 90),
            HostStep(
                host: other.name, action: "remove \(node) from the broker's cluster",
                // It is refused for as long as the node still counts as running.
                script: """
                    begin=$(date +%s)
                    while \(DeploymentPath.brokerControl) -q eval "lists:member('\(node)', rabbit_mnesia:cluster_nodes(all))." | grep -qx true; do
                        timeout 60 \(DeploymentPath.brokerControl) -q forget_cluster_node \(node) && continue
                        if [ $(($(date +%s) - begin)) -ge 60 ]; then exit 1; fi
                        sleep 1
                    done
                    """, seconds: 150),
            HostStep(
                host: host.name, action: "delete what is left of its data, and let it join",
                script: """
                    rm -rf \(DeploymentPath.brokerData)
                    systemctl reset-failed \(DeploymentUnit.broker) 2>/dev/null || true
                    systemctl enable --quiet \(DeploymentUnit.broker)
                    systemctl start --no-block \(DeploymentUnit.broker)
                    begin=$(date +%s)
                    until systemctl -q is-active \(DeploymentUnit.broker) && \(DeploymentPath.brokerControl) -q eval '
                        length(case erlang:function_exported(rabbit_nodes, list_running, 0) of
                            true -> rabbit_nodes:list_running(); false -> rabbit_mnesia:cluster_nodes(running) end) >= \(count).' \\
                        | grep -qx true; do
                        if [ $(($(date +%s) - begin)) -ge 240 ]; then
                            echo "it does not join after 240 s; its last lines:" >&2
                            journalctl --no-pager -q -o cat -n 8 -u \(DeploymentUnit.broker) >&2
                            exit 1
                        fi
                        sleep 1
                    done
                    """, seconds: 300),
        ]
    }
}
