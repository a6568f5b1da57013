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
                ports: settings.ports,
                user: DeploymentSecrets.brokerUser, passwordHash: secrets.brokerPasswordHash,
                authorityFile: DeploymentPath.authority, certificateFile: DeploymentPath.brokerCertificate,
                privateKeyFile: DeploymentPath.brokerCertificate, canMirror: canMirror)
            let unitPath = DeploymentPath.unit(DeploymentUnit.broker)
            var resources: [Resource] = [
                .directory(path: DeploymentPath.brokerDirectory, owner: "root", mode: 0o755),
                file(DeploymentPath.brokerEnvironment, configuration.environment),
                file(DeploymentPath.brokerConfiguration, configuration.text),
            ]
            resources += DeploymentPath.brokerTools.map { file($0, Self.brokerTool, mode: 0o755) }
            resources += [
                .command(FormerUnit.broker.retirement),
                .directory(path: DeploymentPath.brokerHome, owner: "rabbitmq", mode: 0o750),
                file(
                    DeploymentPath.brokerCookie, secrets.brokerCookie, owner: "rabbitmq", mode: 0o400, isSecret: true),
            ]
            resources += portMapper(node)
            resources += [
                file(unitPath, Self.brokerUnit.text),
                .service(
                    .init(
                        name: DeploymentUnit.broker,
                        restartsOn: [
                            DeploymentPath.brokerCookie, DeploymentPath.brokerEnvironment,
                            DeploymentPath.brokerConfiguration, unitPath,
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
            members: placement.brokers.map(\.control.description), address: node.control.description,
            port: settings.ports.brokerDistribution)
        let timerPath = DeploymentPath.unit(BrokerWatch.timer)
        return [
            .directory(path: DeploymentPath.programs, owner: "root", mode: 0o755),
            file(DeploymentPath.brokerWatch, watch.script, mode: 0o755),
            file(DeploymentPath.unit(BrokerWatch.service), watch.serviceUnit.text),
            file(timerPath, watch.timerUnit.text),
            .service(.init(name: BrokerWatch.timer, restartsOn: [timerPath])),
        ]
    }

    private static let brokerUnit = SystemdUnit(
        unit: [
            "Description=RabbitMQ, the broker of Skein",
            "After=network-online.target \(DeploymentUnit.portMapperSocket)",
            "Wants=network-online.target \(DeploymentUnit.portMapperSocket)", "StartLimitIntervalSec=0",
        ],
        service: [
            "Type=notify", "NotifyAccess=all", "User=rabbitmq", "Group=rabbitmq", "UMask=0027",
            "LogsDirectory=\(DeploymentPath.brokerLog.dropFirst("/var/log/".count))",
            "WorkingDirectory=\(DeploymentPath.brokerHome)",
            "Environment=RABBITMQ_CONF_ENV_FILE=\(DeploymentPath.brokerEnvironment) HOME=\(DeploymentPath.brokerHome)",
            "ExecStart=/usr/lib/rabbitmq/bin/rabbitmq-server", "ExecStop=\(DeploymentPath.brokerControl) stop",
            // Else it would go on showing an old certificate for some minutes.
            "ExecReload=\(DeploymentPath.brokerControl) -q eval 'ssl:clear_pem_cache().'",
            // A node waits in its start for the one that was stopped last, and takes all the CPU there is for some seconds.
            // No client waits for it, but for what is beside it. One that is wedged never ends by itself; what it has
            // confirmed is on its disk.
            "TimeoutStartSec=600", "TimeoutStopSec=30s", "Restart=always", "RestartSec=500ms", "LimitNOFILE=65536",
            "OOMScoreAdjust=-500", "Nice=\(BrokerConfiguration.niceness)",
        ],
        wantedBy: "multi-user.target")

    /// One program for all of RabbitMQ's tools: it looks at its own name.
    private static let brokerTool = """
        #!/bin/sh
        # Made by skein; `skein up` puts it back. RabbitMQ's tool of the same name, for Skein's own broker.
        export RABBITMQ_CONF_ENV_FILE=\(DeploymentPath.brokerEnvironment) HOME=\(DeploymentPath.brokerHome)
        tool=/usr/lib/rabbitmq/bin/${0##*/skein-}
        if [ "$(id -u)" = 0 ]; then
            cd \(DeploymentPath.brokerHome)
            exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups -- "$tool" "$@"
        fi
        exec "$tool" "$@"

        """

    /// Erlang's port mapper for Skein's broker alone, on loopback and the control address only. An Erlang program that
    /// misses it may start one of its own, on every address; such a one is ended.
    private func portMapper(_ node: Placement.Node) -> [Resource] {
        let own = node.control.endpoint(settings.ports.portMapper)
        let socket = SystemdUnit(
            unit: ["Description=Erlang's port mapper of Skein's broker"],
            socket: ["ListenStream=127.0.0.1:\(settings.ports.portMapper)", "ListenStream=\(own)", "FreeBind=yes"],
            wantedBy: "sockets.target")
        let service = SystemdUnit(
            unit: [
                "Description=Erlang's port mapper of Skein's broker", "Requires=\(DeploymentUnit.portMapperSocket)",
            ],
            service: ["ExecStart=/usr/bin/epmd -systemd", "DynamicUser=yes"])
        let command = Resource.Command(
            title: "listen with epmd on \(own) only",
            check: """
                systemctl -q is-active \(DeploymentUnit.portMapperSocket)
                systemctl -q is-enabled \(DeploymentUnit.portMapperSocket)
                ss -Hltn 'sport = :\(settings.ports.portMapper)' | awk '{ print $4 }' | grep -qxF '\(own)'
                """,
            apply: """
                systemctl stop \(DeploymentUnit.broker) \(DeploymentUnit.portMapper) \(DeploymentUnit.portMapperSocket) \
                    2>/dev/null || true
                ERL_EPMD_PORT=\(settings.ports.portMapper) epmd -kill >/dev/null 2>&1 || true
                systemctl daemon-reload
                systemctl reset-failed \(DeploymentUnit.portMapper) \(DeploymentUnit.portMapperSocket) 2>/dev/null || true
                systemctl enable --quiet --now \(DeploymentUnit.portMapperSocket)
                """)
        return [
            file(DeploymentPath.unit(DeploymentUnit.portMapperSocket), socket.text),
            file(DeploymentPath.unit(DeploymentUnit.portMapper), service.text), .command(command),
        ]
    }

    /// Succeeds on a node that sees every node of the cluster running, except for those on hosts that do not answer.
    private var membershipCheck: String {
        let nodes = placement.brokers.filter { !$0.facts.isAssumed }.map {
            "'\(BrokerConfiguration.nodeName($0.control))'"
        }.sorted()
        return """
            \(DeploymentPath.brokerControl) -q eval '[\(nodes.map { $0.replacingQuotes }.joined(separator: ","))] -- \
            case erlang:function_exported(rabbit_nodes, list_running, 0) of \
            true -> rabbit_nodes:list_running(); false -> rabbit_mnesia:cluster_nodes(running) end =:= [].' \
            | grep -qx true
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
                \(DeploymentPath.brokerControl) -q eval '
                Users = [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()],
                Policies = [proplists:get_value(name, P) || P <- rabbit_policy:list()],
                lists:member(<<"\(DeploymentSecrets.brokerUser)">>, Users) andalso not lists:member(<<"guest">>, Users)
                andalso [\(policies)] -- Policies =:= [].' | grep -qx true
                """,
            apply: """
                \(DeploymentPath.brokerControl) -q import_definitions \(DeploymentPath.brokerDefinitions)
                if \(DeploymentPath.brokerControl) -q list_users --formatter=json | grep -q '"guest"'; then
                    \(DeploymentPath.brokerControl) -q delete_user guest
                fi
                \(canMirror ? "" : "\(DeploymentPath.brokerControl) -q clear_policy ha-all 2>/dev/null || true")
                install -m 600 \(DeploymentPath.brokerDefinitions) \(imported)
                """,
            seconds: 120)
    }
}

extension String {
    /// Single quotes as they are written inside a single-quoted shell word.
    fileprivate var replacingQuotes: String {
        String(flatMap { $0 == "'" ? Array("'\\''") : [$0] })
    }
}
