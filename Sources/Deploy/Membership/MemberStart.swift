import Blueprint
import Remote

/// The scripts of first starts: how a service with data of its own becomes a member, in place of a plain start. Pure.
enum MemberStart {
    /// How long a new broker may take to start, to join or to find the others, in seconds.
    private static let brokerPatience = 240
    /// How long its copies of the replicated queues may take, in seconds.
    private static let growing = 300

    static func store(
        _ start: MembershipRule.Start, membership: MembershipRule, service: Resource.Service
    ) -> PlannedChange {
        switch start {
        case .form:
            // What it is formed of stands on its disk before it has any data: the next run can go on from there.
            let script = """
                \(ResourceStep.noteStamps(service))
                printf '%s\\n' \(shellWord(membership.storeFormation)) >\(DeploymentPath.storeFormation)
                \(StoreFormation.start(.new(token: membership.storeToken), cluster: shellWord(membership.storeCluster)))
                \(plainStart(service))
                """
            return PlannedChange(
                resource: .service(service), action: "form the store with the other members",
                step: .init(script: script, seconds: 90 + ResourceStep.seconds(.service(service))))
        case .join(let through):
            let script = """
                \(ResourceStep.noteStamps(service))
                \(StoreJoin.script(through: through))
                \(plainStart(service))
                """
            return PlannedChange(
                resource: .service(service),
                action: "add a member to the store: as a learner, with a vote when it has caught up", comesLast: true,
                step: .init(script: script, seconds: StoreJoin.seconds + ResourceStep.seconds(.service(service))))
        }
    }

    static func broker(
        _ start: MembershipRule.Start, nodes: [String], service: Resource.Service
    ) -> PlannedChange {
        let own = """
            running() {
                \(DeploymentPath.brokerControl) -q eval 'case erlang:function_exported(rabbit_nodes, list_running, 0) of
                    true -> rabbit_nodes:list_running(); false -> rabbit_mnesia:cluster_nodes(running) end.' 2>/dev/null
            }
            """
        switch start {
        case .form:
            let all = nodes.map { "running | grep -qF '\($0)'" }.joined(separator: " && ")
            let script = """
                \(plainStart(service))
                \(own)
                begin=$(date +%s)
                until \(all); do
                    if [ $(($(date +%s) - begin)) -ge \(brokerPatience) ]; then
                        echo "it does not find the others after \(brokerPatience) s; it sees:" >&2
                        running >&2 || true
                        exit 1
                    fi
                    sleep 1
                done
                """
            return PlannedChange(
                resource: .service(service), action: "form the broker's cluster with the other nodes",
                step: .init(script: script, seconds: brokerPatience + ResourceStep.seconds(.service(service))))
        case .join(let through):
            let others = through.map { "'\($0.node)'" }.joined(separator: " ")
            let script = """
                touch \(DeploymentPath.brokerJoining)
                \(plainStart(service))
                \(own)
                joined() { for other in \(others); do running | grep -qF "$other" && return 0; done; return 1; }
                if ! joined; then
                    \(DeploymentPath.brokerControl) -q stop_app
                    \(DeploymentPath.brokerControl) -q reset
                    for other in \(others); do
                        if error=$(timeout 60 \(DeploymentPath.brokerControl) -q join_cluster "$other" 2>&1); then break; fi
                    done
                    \(DeploymentPath.brokerControl) -q start_app
                fi
                begin=$(date +%s)
                until joined; do
                    if [ $(($(date +%s) - begin)) -ge \(brokerPatience) ]; then
                        echo "it does not join after \(brokerPatience) s: ${error:-it does not see the others}" >&2; exit 1
                    fi
                    sleep 1
                done
                # Replicated queues are on the nodes that were there when they were made.
                node=$(sed -n 's/^NODENAME=//p' \(DeploymentPath.brokerEnvironment))
                timeout \(growing) \(DeploymentPath.brokerQueues) -q grow "$node" all >/dev/null
                rm -f \(DeploymentPath.brokerJoining)
                """
            return PlannedChange(
                resource: .service(service),
                action: "let its broker join the cluster, and copy the replicated queues to it", comesLast: true,
                step: .init(
                    script: script, seconds: growing + 2 * brokerPatience + ResourceStep.seconds(.service(service))))
        }
    }

    private static func plainStart(_ service: Resource.Service) -> String {
        ResourceStep.apart(ResourceStep.script(.service(service)) ?? "")
    }
}
