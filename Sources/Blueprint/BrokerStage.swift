import Addressing
import JSON
import Testbed

extension DeploymentPlan {
    /// RabbitMQ. The nodes find each other by the list in their configuration, and start at once for it.
    func brokerStage() -> Blueprint.Stage {
        let first = placement.brokers.first?.name
        return stage("broker", "Forming the RabbitMQ cluster", placement.brokers) { node in
            let configuration = BrokerConfiguration(
                address: node.control, members: placement.brokers.map(\.control), timing: settings.timing,
                user: DeploymentSecrets.brokerUser, passwordHash: secrets.brokerPasswordHash,
                authorityFile: DeploymentPath.authority, certificateFile: DeploymentPath.brokerCertificate,
                privateKeyFile: DeploymentPath.brokerCertificate, canMirror: canMirror)
            let portMapper = SystemdUnit(
                socket: [
                    "ListenStream=", "ListenStream=127.0.0.1:\(ServicePort.portMapper)",
                    "ListenStream=\(node.control.endpoint(ServicePort.portMapper))", "FreeBind=yes",
                ])
            let dropIn = SystemdUnit(
                unit: ["StartLimitIntervalSec=0", "After=network-online.target", "Wants=network-online.target"],
                // Its start takes all the CPU there is for some seconds. No client waits for it, but for what is beside it.
                // One that is wedged never ends by itself; what it has confirmed is on its disk.
                service: [
                    "Restart=always", "RestartSec=500ms", "TimeoutStopSec=30s", "Nice=\(BrokerConfiguration.niceness)",
                    // Else it would go on showing an old certificate for some minutes.
                    "ExecReload=/usr/sbin/rabbitmqctl -q eval 'ssl:clear_pem_cache().'",
                ])
            let portMapperPath = DeploymentPath.dropIn("epmd.socket")
            let dropInPath = DeploymentPath.dropIn(DeploymentUnit.broker)
            var resources: [Resource] = [
                file(portMapperPath, portMapper.text),
                .command(portMapperCommand(node)),
                file(
                    DeploymentPath.brokerCookie, secrets.brokerCookie, owner: "rabbitmq", mode: 0o400, isSecret: true),
                file(DeploymentPath.brokerEnvironment, configuration.environment),
                file(DeploymentPath.brokerConfiguration, configuration.text),
                file(DeploymentPath.brokerMembers, configuration.membersText),
                file(dropInPath, dropIn.text),
                .service(
                    .init(
                        name: DeploymentUnit.broker,
                        restartsOn: [
                            DeploymentPath.brokerCookie, DeploymentPath.brokerEnvironment,
                            DeploymentPath.brokerConfiguration, dropInPath,
                        ],
                        reloadsOn: [DeploymentPath.authority, DeploymentPath.brokerCertificate],
                        readiness: membershipCheck, readySeconds: 240)),
            ]
            resources += watch(node)
            if node.name == first {
                resources.append(
                    file(
                        DeploymentPath.brokerDefinitions, configuration.definitions.text + "\n", owner: "rabbitmq",
                        mode: 0o400, isSecret: true))
                resources.append(.command(definitionsCommand(configuration)))
            }
            return resources
        }
    }

    /// Only where there is a majority to return to.
    private func watch(_ node: Placement.Node) -> [Resource] {
        guard placement.brokers.count >= 3 else { return [] }
        let watch = BrokerWatch(
            members: placement.brokers.map(\.control.description), address: node.control.description)
        let timerPath = DeploymentPath.unit(BrokerWatch.timer)
        return [
            .directory(path: DeploymentPath.programs, owner: "root", mode: 0o755),
            file(DeploymentPath.brokerWatch, watch.script, mode: 0o755),
            file(DeploymentPath.unit(BrokerWatch.service), watch.serviceUnit.text),
            file(timerPath, watch.timerUnit.text),
            .service(.init(name: BrokerWatch.timer, restartsOn: [timerPath])),
        ]
    }

    /// Erlang's port mapper on loopback and the control address only. Every Erlang program that misses it starts one of its
    /// own, on every address; such a one is ended, with a broker that may be registered with it.
    private func portMapperCommand(_ node: Placement.Node) -> Resource.Command {
        let own = node.control.endpoint(ServicePort.portMapper)
        return Resource.Command(
            title: "listen with epmd on \(own) only",
            check: """
                systemctl -q is-active epmd.socket
                systemctl -q is-enabled epmd.socket
                ss -Hltn 'sport = :\(ServicePort.portMapper)' | awk '{ print $4 }' | grep -qxF '\(own)'
                """,
            apply: """
                systemctl stop \(DeploymentUnit.broker) epmd.service epmd.socket
                epmd -kill >/dev/null 2>&1 || true
                systemctl daemon-reload
                systemctl reset-failed epmd.socket epmd.service 2>/dev/null || true
                systemctl enable --quiet --now epmd.socket
                """)
    }

    /// Succeeds on a node that runs and sees most of the nodes of its cluster running. Which nodes belong to it is a matter of
    /// the membership, which changes while nodes run.
    private var membershipCheck: String {
        """
        rabbitmqctl -q eval '{R, A} = case erlang:function_exported(rabbit_nodes, list_running, 0) of \
        true -> {rabbit_nodes:list_running(), rabbit_nodes:list_members()}; \
        false -> {rabbit_mnesia:cluster_nodes(running), rabbit_mnesia:cluster_nodes(all)} end, \
        lists:member(node(), R) andalso 2 * length(R) > length(A).' | grep -qx true
        """
    }

    /// Users, permissions and policies are the cluster's, so one node sets them. The check asks the cluster itself; the
    /// copy of what was imported last shows a changed password, which cannot be asked for.
    private func definitionsCommand(_ configuration: BrokerConfiguration) -> Resource.Command {
        let imported = DeploymentPath.state + "/broker-definitions.imported"
        let names = configuration.policyNames
        let policies = names.map { "<<\"\($0)\">>" }.joined(separator: ",")
        let title =
            "user \(DeploymentSecrets.brokerUser) in place of guest, "
            + (canMirror ? "policy ha-all on every classic queue" : "policy \(names.joined(separator: ", "))")
        return Resource.Command(
            title: title,
            check: """
                cmp -s \(DeploymentPath.brokerDefinitions) \(imported)
                systemctl -q is-active \(DeploymentUnit.broker)
                rabbitmqctl -q eval '
                Users = [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()],
                Policies = [proplists:get_value(name, P) || P <- rabbit_policy:list()],
                lists:member(<<"\(DeploymentSecrets.brokerUser)">>, Users) andalso not lists:member(<<"guest">>, Users)
                andalso [\(policies)] -- Policies =:= [].' | grep -qx true
                """,
            apply: """
                rabbitmqctl -q import_definitions \(DeploymentPath.brokerDefinitions)
                if rabbitmqctl -q list_users --formatter=json | grep -q '"guest"'; then
                    rabbitmqctl -q delete_user guest
                fi
                \(canMirror ? "" : "rabbitmqctl -q clear_policy ha-all 2>/dev/null || true")
                install -m 600 \(DeploymentPath.brokerDefinitions) \(imported)
                """,
            seconds: 120)
    }
}
