import Addressing
import Testbed

extension DeploymentPlan {
    /// HAProxy on the `cfgm` hosts. A changed configuration is checked by HAProxy itself before it replaces the old one,
    /// and taken over by a reload, which drops no connection.
    func proxyStage() -> Blueprint.Stage {
        let farms = ProxiedService.allCases.map { service in
            ProxyConfiguration.Farm(
                service: service,
                backends: placement.nodes(in: service.role).map {
                    .init(
                        name: $0.word, endpoint: $0.control.endpoint(service.backendPort),
                        tracks: service != .neutron && service != .console && $0.host.roles.contains(.cfgm)
                            ? .neutron : nil)
                })
        }.filter { !$0.backends.isEmpty }
        let configuration = ProxyConfiguration(
            farms: farms, timing: settings.timing, connections: settings.proxyConnections,
            backendConnections: settings.backendConnections, consoleConnections: settings.consoleConnections,
            hasIPv6: virtualIPs.contains { $0.virtualIP.address.family == .v6 },
            redirectPort: settings.ports.consoleRedirect, authorityFile: DeploymentPath.authority)
        return stage("proxy", "Configuring the proxies", placement.proxies) { _ in
            let unitPath = DeploymentPath.unit(DeploymentUnit.proxy)
            return [
                .directory(path: DeploymentPath.proxyRoot, owner: "root", mode: 0o755),
                file(
                    DeploymentPath.proxyConfiguration, configuration.text, mode: 0o640,
                    validation: "haproxy -c -q -f \"$1\""),
                file(unitPath, Self.proxyUnit.text),
                .service(
                    .init(
                        name: DeploymentUnit.proxy, restartsOn: [unitPath],
                        reloadsOn: [DeploymentPath.proxyConfiguration, DeploymentPath.authority],
                        readiness: "curl -fsS -m 2 -o /dev/null http://127.0.0.1:\(ServicePort.proxyHealth)/alive",
                        readySeconds: 20)),
                .command(FormerUnit.proxy.retirement),
            ]
        }
    }

    /// Type, reload and end as HAProxy's master process wants them (its manual, section "Master-worker mode").
    private static let proxyUnit = SystemdUnit(
        unit: [
            "Description=HAProxy, the proxy of Skein", "After=network-online.target", "Wants=network-online.target",
            "StartLimitIntervalSec=0",
        ],
        service: [
            "Type=notify", "RuntimeDirectory=skein-haproxy",
            "ExecStart=/usr/sbin/haproxy -Ws -f \(DeploymentPath.proxyConfiguration) -p /run/skein-haproxy/haproxy.pid",
            "ExecReload=/usr/sbin/haproxy -Ws -f \(DeploymentPath.proxyConfiguration) -c -q",
            "ExecReload=/bin/kill -USR2 $MAINPID", "KillMode=mixed", "SuccessExitStatus=143", "Restart=always",
            "RestartSec=20ms", "OOMScoreAdjust=-800",
        ] + SystemdUnit.priority(-10),
        wantedBy: "multi-user.target")
}
