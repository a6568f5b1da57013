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
            authorityFile: DeploymentPath.authority)
        return stage("proxy", "Configuring the proxies", placement.proxies) { _ in
            let dropIn = SystemdUnit(
                unit: ["StartLimitIntervalSec=0"],
                service: ["Restart=always", "RestartSec=20ms", "OOMScoreAdjust=-800"] + SystemdUnit.priority(-10))
            let dropInPath = DeploymentPath.dropIn(DeploymentUnit.proxy)
            return [
                file(
                    DeploymentPath.proxyConfiguration, configuration.text, mode: 0o640,
                    validation: "haproxy -c -q -f \"$1\""),
                file(dropInPath, dropIn.text),
                .service(
                    .init(
                        name: DeploymentUnit.proxy, restartsOn: [dropInPath],
                        reloadsOn: [DeploymentPath.proxyConfiguration, DeploymentPath.authority],
                        readiness: "curl -fsS -m 2 -o /dev/null http://127.0.0.1:\(ServicePort.proxyHealth)/alive",
                        readySeconds: 20)),
            ]
        }
    }
}
