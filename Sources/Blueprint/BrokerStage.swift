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
                    DeploymentPath.brokerCookieSource, secrets.brokerCookie, owner: "rabbitmq", mode: 0o400,
                    isSecret: true),
                .command(cookieCommand),
                file(DeploymentPath.brokerEnvironment, configuration.environment),
                file(DeploymentPath.brokerConfiguration, configuration.text),
                file(dropInPath, dropIn.text),
                .service(
                    .init(
                        name: DeploymentUnit.broker,
                        restartsOn: [
                            DeploymentPath.brokerEnvironment,
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
                    rabbitmqctl -q eval '{ok, Cookie} = file:read_file("\(source)"),
                        erlang:set_cookie(node(), binary_to_atom(Cookie, latin1)).' >/dev/null 2>&1 || true
                fi
                install -o rabbitmq -g rabbitmq -m 400 \(source) \(cookie).skein-new
                mv -f \(cookie).skein-new \(cookie)
                # One that took no cookie, since it was starting.
                if runs && ! rabbitmqctl -q eval 'true.' >/dev/null 2>&1; then
                    systemctl restart --no-block \(DeploymentUnit.broker)
                fi
                """)
    }

    /// Succeeds on a node that sees every node of the cluster running, except for those on hosts that do not answer.
    private var membershipCheck: String {
        let nodes = placement.brokers.filter { !$0.facts.isAssumed }.map {
            "'\(BrokerConfiguration.nodeName($0.control))'"
        }.sorted()
        return """
            rabbitmqctl -q eval '[\(nodes.map { $0.replacingQuotes }.joined(separator: ","))] -- \
            case erlang:function_exported(rabbit_nodes, list_running, 0) of \
            true -> rabbit_nodes:list_running(); false -> rabbit_mnesia:cluster_nodes(running) end =:= [].' \
            | grep -qx true
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
                rabbitmqctl -q eval '
                Users = [proplists:get_value(user, U) || U <- rabbit_auth_backend_internal:list_users()],
                Policies = [proplists:get_value(name, P) || P <- rabbit_policy:list()],
                Own = [U || U <- Users, re:run(U, "\(Self.ownUsers)") =/= nomatch],
                lists:sort(Own) =:= lists:sort([\(wanted)]) andalso [\(policies)] -- Policies =:= [].' | grep -qx true
                """,
            apply: """
                rabbitmqctl -q import_definitions \(DeploymentPath.brokerDefinitions)
                rabbitmqctl -q list_users | cut -f 1 | grep -E '\(Self.ownUsers)' \
                    | grep -vxF \(users.map { "-e \($0)" }.joined(separator: " ")) \
                    | while read -r user; do rabbitmqctl -q delete_user "$user"; done
                \(canMirror ? "" : "rabbitmqctl -q clear_policy ha-all 2>/dev/null || true")
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
