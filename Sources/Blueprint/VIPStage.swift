import Addressing
import JSON
import Testbed

extension DeploymentPlan {
    /// The health writer and keepalived, when there is a virtual IP.
    ///
    /// - Throws: ``BlueprintError`` when a host has no interface on a virtual IP's network.
    func vipStage() throws(BlueprintError) -> Blueprint.Stage {
        guard !virtualIPs.isEmpty else { return Blueprint.Stage(name: "vip", title: "", hosts: []) }
        var hosts: [Blueprint.HostResources] = []
        let places = try vipPlaces()
        for (index, node) in placement.proxies.enumerated() {
            let instances = virtualIPs.indices.compactMap { vip -> KeepalivedConfiguration.Instance? in
                guard let place = places[vip][node.name] else { return nil }
                let address = virtualIPs[vip].virtualIP.address
                let words = address.description.split { $0 == "." || $0 == ":" }.joined(separator: "_")
                return KeepalivedConfiguration.Instance(
                    name: "\(virtualIPs[vip].kind)_\(words)", virtualIP: address,
                    virtualRouterID: virtualIPs[vip].virtualIP.virtualRouterID, interface: place.interface,
                    prefixLength: place.prefixLength, source: place.source,
                    peers: placement.proxies.filter { $0.name != node.name }.compactMap { places[vip][$0.name]?.source }
                )
            }
            hosts.append(
                .init(
                    host: node.name,
                    resources: resources(for: node, instances: instances, priority: max(1, 200 - index))))
        }
        return Blueprint.Stage(name: "vip", title: "Announcing the virtual IPs", hosts: hosts)
    }

    /// How a node is attached to a virtual IP's network.
    private struct Place {
        var interface: String
        var prefixLength: Int
        var source: IPAddress
    }

    /// For each virtual IP, by host name.
    private func vipPlaces() throws(BlueprintError) -> [[String: Place]] {
        var problems: [BlueprintError.Problem] = []
        let own = Set(virtualIPs.map(\.virtualIP.address))
        let places = virtualIPs.map { entry in
            var result: [String: Place] = [:]
            for node in placement.proxies {
                if let place = place(of: entry.virtualIP.address, on: node, except: own) {
                    result[node.name] = place
                } else {
                    let network = "the network of the \(entry.kind.lowercased()) virtual IP \(entry.virtualIP.address)"
                    let message =
                        node.facts.isAssumed
                        ? "it does not answer, and its address on \(network) is not known: bring it back first"
                        : "no interface is on \(network); set the interface up, or correct env.ha"
                    problems.append(.init(host: node.name, message: message))
                }
            }
            return result
        }
        guard problems.isEmpty else { throw BlueprintError(problems: problems) }
        return places
    }

    /// The interface whose own address shares a network with the virtual IP; the control or management address is
    /// preferred to others on it, and virtual IPs that the host holds right now are not its own.
    private func place(of virtualIP: IPAddress, on node: Placement.Node, except: Set<IPAddress>) -> Place? {
        var found: [Place] = []
        for interface in node.facts.interfaces {
            for own in interface.addresses where !except.contains(own.address) {
                if let network = CIDR(own.address, prefixLength: own.prefixLength), network.contains(virtualIP) {
                    found.append(
                        Place(interface: interface.name, prefixLength: own.prefixLength, source: own.address))
                }
            }
        }
        return found.first { $0.source == node.control || $0.source == node.management } ?? found.first
    }

    private func resources(
        for node: Placement.Node, instances: [KeepalivedConfiguration.Instance], priority: Int
    ) -> [Resource] {
        let configuration = KeepalivedConfiguration(
            routerName: node.word, instances: instances, priority: priority, timing: settings.timing,
            stateFile: DeploymentPath.vipState, termFile: DeploymentPath.vipTerm, fallback: DeploymentPath.vipFallback)
        var health = VIPHealthConfiguration(
            proxyPort: ServicePort.proxyHealth,
            starvation: .init(unit: DeploymentUnit.proxy, fall: settings.timing.vipHealthFallStarved),
            stateFile: DeploymentPath.vipState, echoPort: ServicePort.vipEcho,
            key: secrets.vrrpPassword, timing: .init(settings.timing),
            networks: instances.map { .init(address: $0.source.description, peers: $0.peers.map(\.description)) },
            store: store(seenFrom: node),
            keepalived: .init(
                unit: DeploymentUnit.vip, virtualIPs: instances.map(\.virtualIP.description),
                termFile: DeploymentPath.vipTerm, settings.timing))
        health.otherKeys = secrets.otherVRRPPasswords
        let healthUnit = SystemdUnit(
            unit: [
                "Description=Health of this node's virtual IPs", "After=network-online.target",
                "Wants=network-online.target", "StartLimitIntervalSec=0",
            ],
            service: [
                "Type=notify", "User=skein", "Group=skein", "RuntimeDirectory=skein", "RuntimeDirectoryPreserve=yes",
                "ExecStart=\(DeploymentPath.executable) vip-health --config \(DeploymentPath.vipHealth)",
                "Environment=SWIFT_BACKTRACE=enable=no", "Restart=always", "RestartSec=100ms",
                // It ends a keepalived that hangs and cannot give its addresses away. Nothing else of root's is left to it.
                "AmbientCapabilities=CAP_KILL", "CapabilityBoundingSet=CAP_KILL",
                // A writer that hangs says nothing about health; systemd replaces it.
                "WatchdogSec=2s", "OOMScoreAdjust=-900", "NoNewPrivileges=yes", "ProtectSystem=strict",
                "ProtectHome=yes", "PrivateTmp=yes",
            ] + SystemdUnit.priority(-10),
            wantedBy: "multi-user.target")
        let dropIn = SystemdUnit(
            unit: [
                "StartLimitIntervalSec=0", "Wants=\(DeploymentUnit.vipHealth)",
                "After=\(DeploymentUnit.vipHealth) \(DeploymentUnit.proxy)",
            ],
            // No real-time priority of keepalived's own: at its reload on a busy host the limit of real-time CPU ended its
            // VRRP process (5 of 10 reloads at a load of 20).
            service: ["Restart=always", "RestartSec=200ms", "OOMScoreAdjust=-900"] + SystemdUnit.priority(-15)
                // Debian's unit leaves the address behind when keepalived is killed: two nodes would answer for it.
                + instances.map {
                    "ExecStopPost=-/sbin/ip address delete \($0.virtualIP)/\($0.prefixLength) dev \($0.interface)"
                })
        let healthUnitPath = DeploymentPath.unit(DeploymentUnit.vipHealth)
        let dropInPath = DeploymentPath.dropIn(DeploymentUnit.vip)
        return [
            file(DeploymentPath.vipFallback, Self.fallback, mode: 0o755),
            file(
                DeploymentPath.vipHealth, health.json.prettyText() + "\n", owner: "root:skein", mode: 0o640,
                isSecret: true),
            file(healthUnitPath, healthUnit.text),
            .service(
                .init(
                    name: DeploymentUnit.vipHealth,
                    restartsOn: [DeploymentPath.executable, DeploymentPath.vipHealth, healthUnitPath],
                    readiness: "test -s \(DeploymentPath.vipState)", readySeconds: 20)),
            file(
                DeploymentPath.keepalivedConfiguration, configuration.text, mode: 0o640,
                validation: "keepalived --config-test --use-file \"$1\""),
            file(dropInPath, dropIn.text),
            .service(
                .init(
                    name: DeploymentUnit.vip,
                    reloadsOn: [DeploymentPath.keepalivedConfiguration, dropInPath], readySeconds: 20)),
        ]
    }

    /// The store's members as a VIP node can hear them.
    private func store(seenFrom node: Placement.Node) -> VIPHealthConfiguration.Store {
        let members = Set(placement.stores.map(\.name))
        let peers = placement.proxies.filter { $0.name != node.name }
        return .init(
            members: members.count,
            peers: peers.indices.filter { members.contains(peers[$0].name) }, silence: settings.timing.vipSeparation)
    }

    /// A health writer that was killed, hangs or is replaced must not cost the node its addresses: its last verdict
    /// stands, and keepalived asks the proxy by itself meanwhile.
    private static let fallback = """
        #!/bin/sh
        # Made by skein; `skein up` puts it back. keepalived asks it once a second.
        # skein-vip-health touches its verdict every second: while it does, it knows better.
        [ -z "$(find \(DeploymentPath.vipState) -newermt '-3 seconds' 2>/dev/null)" ] || exit 0
        exec curl -fsS -m 1 -o /dev/null http://127.0.0.1:\(ServicePort.proxyHealth)/alive

        """
}
