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
                users: secrets.otherBrokerUsers.merging([secrets.brokerUserName: secrets.brokerPasswordHash]) { $1 },
                ports: settings.ports,
                authorityFile: DeploymentPath.authority, certificateFile: DeploymentPath.brokerCertificate,
                privateKeyFile: DeploymentPath.brokerCertificate, canMirror: canMirror)
            let unitPath = DeploymentPath.unit(DeploymentUnit.broker)
            var resources: [Resource] = [
                .directory(path: DeploymentPath.brokerDirectory, owner: "root", mode: 0o755),
                file(DeploymentPath.brokerEnvironment, configuration.environment),
                file(DeploymentPath.brokerConfiguration, configuration.text),
                file(DeploymentPath.brokerMembers, configuration.membersText),
            ]
            resources += DeploymentPath.brokerTools.map { file($0, Self.brokerTool, mode: 0o755) }
            resources += [
                .command(FormerUnit.broker.retirement),
                .directory(path: DeploymentPath.brokerHome, owner: "rabbitmq", mode: 0o750),
                file(
                    DeploymentPath.brokerCookieSource, secrets.brokerCookie, owner: "rabbitmq", mode: 0o400,
                    isSecret: true),
                .command(cookieCommand),
            ]
            resources += portMapper(node)
            resources += [
                file(unitPath, Self.brokerUnit.text),
                .service(
                    .init(
                        name: DeploymentUnit.broker,
                        restartsOn: [
                            DeploymentPath.brokerEnvironment, DeploymentPath.brokerConfiguration, unitPath,
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
            // It tells its port to those who ask, and they compare.
            service: ["ExecStart=/usr/bin/epmd -systemd -port \(settings.ports.portMapper)", "DynamicUser=yes"])
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

    /// A node that runs takes another cookie while it runs: one after the other restarted with it could not reach those that
    /// have the old one still, and the cluster would lose its majority. Connections that there are stay.
    private var cookieCommand: Resource.Command {
        let (source, cookie) = (DeploymentPath.brokerCookieSource, DeploymentPath.brokerCookie)
        return Resource.Command(
            title: "set the brokers' common cookie",
            check: """
                cmp -s \(source) \(cookie)
                [ "$(stat -c '%U:%G %a' \(cookie))" = 'rabbitmq:rabbitmq 400' ]
                """,
            apply: """
                runs() { systemctl -q is-active \(DeploymentUnit.broker); }
                # It is asked with the old cookie, and refuses when a run was interrupted after this.
                if runs && [ -e \(cookie) ]; then
                    \(DeploymentPath.brokerControl) -q eval '{ok, Cookie} = file:read_file("\(source)"),
                        erlang:set_cookie(node(), binary_to_atom(Cookie, latin1)).' >/dev/null 2>&1 || true
                fi
                install -o rabbitmq -g rabbitmq -m 400 \(source) \(cookie).skein-new
                mv -f \(cookie).skein-new \(cookie)
                # One that took no cookie, since it was starting.
                if runs && ! \(DeploymentPath.brokerControl) -q eval 'true.' >/dev/null 2>&1; then
                    systemctl restart --no-block \(DeploymentUnit.broker)
                fi
                """)
    }

    /// Succeeds on a node that runs and sees most of the nodes of its cluster running. Which nodes belong to it is a matter of
    /// the membership, which changes while nodes run.
    private var membershipCheck: String {
        """
        \(DeploymentPath.brokerControl) -q eval '{R, A} = case erlang:function_exported(rabbit_nodes, list_running, 0) of \
        true -> {rabbit_nodes:list_running(), rabbit_nodes:list_members()}; \
        false -> {rabbit_mnesia:cluster_nodes(running), rabbit_mnesia:cluster_nodes(all)} end, \
        lists:member(node(), R) andalso 2 * length(R) > length(A).' | grep -qx true
        """
    }

    /// The names that Skein's users have had, and RabbitMQ's first one: not what an operator made beside them.
    private static let ownUsers = "^(guest|skein(-[0-9]+)?)$"

    /// Users, permissions and policies are the cluster's, so one node sets them. The check asks the cluster itself; the
    /// copy of what was imported last shows a changed password, which cannot be asked for.
    private func definitionsCommand(_ configuration: BrokerConfiguration) -> Resource.Command {
        let imported = DeploymentPath.state + "/broker-definitions.imported"
        let names = configuration.policyNames
        let policies = names.map { "<<\"\($0)\">>" }.joined(separator: ",")
        let users = configuration.users.keys.sorted()
        let wanted = users.map { "<<\"\($0)\">>" }.joined(separator: ",")
        let title =
            "user \(users.joined(separator: " and ")) in place of others of Skein's and guest, "
            + (canMirror ? "policy ha-all on every classic queue" : "policy \(names.joined(separator: ", "))")
        return Resource.Command(
            title: title,
            check: """
                cmp -s \(DeploymentPath.brokerDefinitions) \(imported)
                systemctl -q is-active \(DeploymentUnit.broker)
                \(DeploymentPath.brokerControl) -q eval '
                Users = [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()],
                Policies = [proplists:get_value(name, P) || P <- rabbit_policy:list()],
                Own = [U || U <- Users, re:run(U, "\(Self.ownUsers)") =/= nomatch],
                lists:sort(Own) =:= lists:sort([\(wanted)]) andalso [\(policies)] -- Policies =:= [].' | grep -qx true
                """,
            apply: """
                \(DeploymentPath.brokerControl) -q import_definitions \(DeploymentPath.brokerDefinitions)
                \(DeploymentPath.brokerControl) -q list_users | cut -f 1 | grep -E '\(Self.ownUsers)' \
                    | grep -vxF \(users.map { "-e \($0)" }.joined(separator: " ")) \
                    | while read -r user; do \(DeploymentPath.brokerControl) -q delete_user "$user"; done
                \(canMirror ? "" : "\(DeploymentPath.brokerControl) -q clear_policy ha-all 2>/dev/null || true")
                install -m 600 \(DeploymentPath.brokerDefinitions) \(imported)
                """,
            seconds: 120)
    }
}
