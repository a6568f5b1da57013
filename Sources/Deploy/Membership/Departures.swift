import Blueprint
import Remote
import Testbed

/// The stages that take members and hosts out of an installation. Pure.
enum Departures {
    static let stageName = "departure"
    /// How long the store may refuse to let a member go, in seconds: it does while others are away.
    private static let refusing = 60
    /// How long mirrored queues may take to be copied before a broker leaves, in seconds.
    private static let copying = 300

    /// Takes members out whose hosts are gone; nil when there is none.
    static func strays(_ membership: MembershipRule) -> ChangeSet.Stage? {
        var hosts: [ChangeSet.HostChanges] = []
        for stray in membership.storeStrays {
            guard let host = stray.through.first else { continue }
            let script = """
                ctl() { \(StoreControl.command(stray.through.map(\.controlAddress))) "$@"; }
                \(removal(of: stray.id))
                """
            hosts.append(
                .init(
                    host: host.name,
                    changes: [step("take \(stray.label) out of the store, which it left", script, refusing + 60)]))
        }
        for stray in membership.brokerStrays {
            guard let host = stray.through.first else { continue }
            hosts.append(
                .init(
                    host: host.name,
                    changes: [
                        step(
                            "take \(stray.label) out of the broker's cluster, which it left", forget(stray.id), 180)
                    ]))
        }
        return hosts.isEmpty
            ? nil : .init(name: "strays", title: "Taking members out that are gone", hosts: hosts)
    }

    /// Stops keepalived where it will not be any more, so that another host takes the addresses; nil when there is none.
    static func handover(_ membership: MembershipRule) -> ChangeSet.Stage? {
        let hosts = membership.departures.filter { $0.parts.contains(.vip) }.map { departure in
            ChangeSet.HostChanges(
                host: departure.host.name,
                changes: [
                    step(
                        "stop \(DeploymentUnit.vip): the virtual IPs go to a host that stays",
                        "systemctl disable --now --quiet \(DeploymentUnit.vip)", 60)
                ])
        }
        return hosts.isEmpty
            ? nil : .init(name: "handover", title: "Handing the virtual IPs over", hosts: hosts)
    }

    /// Takes one host out; nil when it has nothing.
    static func stage(_ departure: MembershipRule.Departure, membership: MembershipRule) -> ChangeSet.Stage? {
        let others = membership.hosts.filter { $0 != departure.host }
        var changes: [PlannedChange] = []
        for part in departure.parts {
            switch part {
            case .vip, .proxy, .controller: break
            case .broker:
                changes.append(
                    step(
                        "hand its queues over, and leave the broker's cluster", leaveBroker(departure.host), 2 * copying
                    ))
            case .store:
                changes.append(
                    step(
                        "leave the store, and delete its copy of the data",
                        leaveStore(departure.host, through: departure.stores.filter { $0 != departure.host }),
                        refusing + 120))
            }
        }
        let services = departure.parts.filter { [.vip, .proxy, .controller].contains($0) }
        if !services.isEmpty {
            let units = services.flatMap(\.units)
            changes.insert(
                step(
                    "stop \(units.joined(separator: ", "))",
                    units.map { "systemctl disable --now --quiet \($0)" }
                        .joined(separator: "\n"), 90), at: 0)
        }
        let script =
            departure.isWhole
            ? Deployment.removalScript(
                .init(),
                virtualIPs: [membership.testbed.internalVIP, membership.testbed.externalVIP].compactMap { $0 })
            : removal(of: departure.parts)
        let what = departure.isWhole ? "everything that skein made, its keys included" : "their files and keys"
        changes.append(step("remove \(what)", script, 300))
        guard !others.isEmpty else { return nil }
        let reason = membership.testbed.hosts.contains { $0.name == departure.host.name } ? "roles" : "testbed"
        return .init(
            name: stageName,
            title: reason == "roles"
                ? "Taking \(departure.host.name) out of roles that it has no more"
                : "Taking \(departure.host.name) out, which is not in the testbed any more",
            hosts: [.init(host: departure.host.name, changes: changes)])
    }

    private static func step(_ action: String, _ script: String, _ seconds: Int) -> PlannedChange {
        PlannedChange(
            resource: .command(.init(title: action, check: "false", apply: script, seconds: seconds)), action: action,
            comesLast: true, step: .init(script: script, seconds: seconds))
    }

    /// A member of the store goes, once the store agrees; `ctl` must be there.
    private static func removal(of id: String) -> String {
        """
        begin=$(date +%s)
        while ctl member list | grep -q "^\(id),"; do
            answer=$(ctl member remove \(id) 2>&1) && break
            if [ $(($(date +%s) - begin)) -ge \(refusing) ]; then
                echo "the store does not let it go: $(printf %s "$answer" | tail -n 1)" >&2; exit 1
            fi
            sleep 1
        done
        """
    }

    private static func leaveStore(_ host: MemberHost, through others: [MemberHost]) -> String {
        """
        \(StoreJoin.prelude(through: others))
        own() { \(StoreControl.command([host.controlAddress])) "$@"; }
        id=$(ctl member list | awk -F', ' -v url="$url" '$4 == url { print $1 }')
        if [ -n "$id" ]; then
            # Nobody goes while another one is away.
            \(StoreControl.command(others.map(\.controlAddress))) endpoint health >/dev/null
            # One that leads hands over first: nobody waits for an election then.
            successor=$(ctl endpoint status 2>/dev/null | awk -F', ' 'NR == 1 { print $2 }')
            own move-leader "$successor" >/dev/null 2>&1 || true
            \(removal(of: "$id"))
        fi
        systemctl disable --now --quiet \(DeploymentUnit.store)
        rm -rf \(DeploymentPath.storeData) \(DeploymentPath.storeFormation)
        """
    }

    private static func leaveBroker(_ host: MemberHost) -> String {
        """
        systemctl disable --now --quiet \(DeploymentUnit.brokerWatch.joined(separator: " ")) 2>/dev/null || true
        if systemctl -q is-active \(DeploymentUnit.broker); then
            timeout \(copying) \(DeploymentPath.brokerQueues) -q shrink \(host.node) >/dev/null
            begin=$(date +%s)
            # Gone in RabbitMQ 4, which has no mirrored queues.
            while \(DeploymentPath.brokerQueues) help check_if_node_is_mirror_sync_critical >/dev/null 2>&1 \\
                && ! timeout 60 \(DeploymentPath.brokerQueues) -q check_if_node_is_mirror_sync_critical >/dev/null 2>&1; do
                if [ $(($(date +%s) - begin)) -ge \(copying) ]; then
                    echo "mirrored queues have no complete copy elsewhere after \(copying) s" >&2; exit 1
                fi
                sleep 1
            done
            # What its collector would have taken waits for nobody now.
            \(DeploymentPath.brokerControl) -q delete_queue \(shellWord("skein.history." + host.name)) >/dev/null 2>&1 || true
            timeout 60 \(DeploymentPath.brokerControl) -q stop_app
            timeout 60 \(DeploymentPath.brokerControl) -q reset
        fi
        systemctl disable --now --quiet \(DeploymentUnit.broker) \(DeploymentUnit.portMapperSocket) \
            \(DeploymentUnit.portMapper) 2>/dev/null || true
        """
    }

    private static func forget(_ node: String) -> String {
        """
        timeout 120 \(DeploymentPath.brokerQueues) -q shrink \(node) >/dev/null 2>&1 || true
        timeout 60 \(DeploymentPath.brokerControl) -q forget_cluster_node \(node)
        """
    }

    /// Files of services that a host which stays has no more.
    private static func removal(of parts: [MemberSurvey.Part]) -> String {
        let files = parts.flatMap(\.files)
        return """
            rm -rf \(files.map { shellWord($0) }.joined(separator: " "))
            systemctl daemon-reload
            """
    }
}

extension MemberSurvey.Part {
    /// What runs, in the order in which it stops.
    var units: [String] {
        switch self {
        case .vip: [DeploymentUnit.vip, DeploymentUnit.vipHealth]
        case .proxy: [DeploymentUnit.proxy]
        case .controller: [DeploymentUnit.controller]
        case .broker: DeploymentUnit.brokerWatch + [DeploymentUnit.broker, DeploymentUnit.portMapperSocket]
        case .store: [DeploymentUnit.store]
        }
    }

    /// What `up` has written for it, and its data.
    fileprivate var files: [String] {
        let stamps = units.map { "\(DeploymentPath.state)/applied/\($0)" }
        let own: [String] =
            switch self {
            case .vip:
                [
                    DeploymentPath.keepalivedConfiguration, DeploymentPath.unit(DeploymentUnit.vip),
                    DeploymentPath.unit(DeploymentUnit.vipHealth), DeploymentPath.vipHealth, DeploymentPath.vipFallback,
                ]
            case .proxy: [DeploymentPath.proxyConfiguration, DeploymentPath.unit(DeploymentUnit.proxy)]
            case .controller:
                [
                    DeploymentPath.controller, DeploymentPath.unit(DeploymentUnit.controller),
                    DeploymentPath.storeIdentity, DeploymentPath.certificate,
                ]
            case .broker:
                [
                    DeploymentPath.brokerConfiguration, DeploymentPath.brokerMembers, DeploymentPath.brokerEnvironment,
                    DeploymentPath.brokerDefinitions, DeploymentPath.brokerCookie, DeploymentPath.brokerCertificate,
                    DeploymentPath.brokerJoining, DeploymentPath.unit(DeploymentUnit.broker),
                    DeploymentPath.unit(DeploymentUnit.portMapperSocket),
                    DeploymentPath.unit(DeploymentUnit.portMapper),
                    DeploymentPath.brokerCookieSource, DeploymentPath.brokerWatch,
                    DeploymentPath.state + "/broker-definitions.imported", DeploymentPath.brokerHome,
                ] + DeploymentUnit.brokerWatch.map { DeploymentPath.unit($0) }
            case .store:
                [
                    DeploymentPath.storeConfiguration, DeploymentPath.storeCertificate, DeploymentPath.storeData,
                    DeploymentPath.unit(DeploymentUnit.store),
                ]
            }
        return own + stamps
    }
}
