import Addressing
import JSON
import Testbed

extension DeploymentPlan {
    /// `skein serve` with the roles of the host.
    func controllerStage() -> Blueprint.Stage {
        stage("controller", "Starting the controllers", placement.controllers) { node in
            let configuration = controllerConfiguration(for: node)
            let unit = SystemdUnit(
                unit: [
                    "Description=Skein controller", "After=network-online.target \(DeploymentUnit.store)",
                    "Wants=network-online.target", "StartLimitIntervalSec=0",
                ],
                service: [
                    // It tells when it has started, and every second that all of it turns (Watchdog/Watchdog.swift); a process
                    // that hangs is killed at once, since it would not answer a request to stop either.
                    "Type=notify", "NotifyAccess=main", "WatchdogSec=5", "WatchdogSignal=SIGKILL", "TimeoutStartSec=30",
                    "User=skein", "Group=skein",
                    "ExecStart=\(DeploymentPath.executable) serve --config \(DeploymentPath.controller)",
                    // Swift's crash reporter keeps a dead process' sockets open for seconds.
                    "Environment=SWIFT_BACKTRACE=enable=no",
                    // The collector's event history; $STATE_DIRECTORY in the process.
                    "StateDirectory=skein/history", "Restart=always", "RestartSec=100ms", "KillSignal=SIGTERM",
                    "TimeoutStopSec=30",
                    "LimitNOFILE=65536", "OOMScoreAdjust=-500", "NoNewPrivileges=yes",
                    "ProtectSystem=strict",
                    "ProtectHome=yes", "PrivateTmp=yes",
                ],
                wantedBy: "multi-user.target")
            let unitPath = DeploymentPath.unit(DeploymentUnit.controller)
            var restartsOn = [
                DeploymentPath.executable, DeploymentPath.controller, unitPath, DeploymentPath.authority,
                DeploymentPath.certificate,
            ]
            if settings.keystoneAuthority != nil { restartsOn.append(DeploymentPath.keystoneAuthority) }
            return [
                file(
                    DeploymentPath.controller, configuration.json.prettyText() + "\n", owner: "root:skein", mode: 0o640,
                    isSecret: true),
                file(unitPath, unit.text),
                .service(
                    .init(
                        name: DeploymentUnit.controller, restartsOn: restartsOn, readiness: readiness(of: node),
                        readySeconds: 90)),
            ]
        }
    }

    /// What one node's `skein serve` is told.
    func controllerConfiguration(for node: Placement.Node) -> ControllerConfiguration {
        ControllerConfiguration(
            nodeName: node.name, roles: Placement.services(of: node.host), bindAddress: node.control.description,
            storeEndpoints: placement.stores.map { "https://\($0.control.endpoint(ServicePort.storeClient))" },
            authorityFile: DeploymentPath.authority, certificateFile: DeploymentPath.certificate,
            privateKeyFile: DeploymentPath.certificate,
            brokerEndpoints: placement.brokers.map { $0.control.endpoint(ServicePort.broker) },
            brokerUser: secrets.brokerUserName, brokerPassword: secrets.brokerPassword, keystone: keystone,
            controllers: placement.controllers.map {
                .init(
                    name: $0.name, address: $0.control.description, collects: $0.host.roles.contains(.collector))
            },
            internalVIP: testbed.internalVIP?.address.description,
            externalVIP: testbed.externalVIP?.address.description, sessionKey: secrets.sessionKey,
            region: testbed.keystone?.region ?? "RegionOne", largestPage: testbed.largestPage)
    }

    /// The services sign in as the user `neutron`, never as the administrator: the registration makes it, or the operator
    /// does with `manage_neutron: 'no'`.
    private var keystone: ControllerConfiguration.Keystone? {
        guard let keystone = testbed.keystone else { return nil }
        return ControllerConfiguration.Keystone(
            url: settings.keystoneURL ?? keystone.url(), user: "neutron",
            password: keystone.neutronPassword ?? secrets.neutronPassword, project: keystone.serviceProject,
            userDomain: keystone.userDomain, projectDomain: keystone.projectDomain, insecure: keystone.insecure,
            authorityFile: settings.keystoneAuthority == nil ? nil : DeploymentPath.keystoneAuthority)
    }

    /// Asks `/readyz` of every service of the node.
    private func readiness(of node: Placement.Node) -> String? {
        let services = ProxiedService.allCases.filter { node.host.roles.contains($0.role) }
        let checks = services.map { service in
            let isConsole = service == .console
            return "curl -fsS -m 2 -o /dev/null\(isConsole ? " --cacert \(DeploymentPath.authority)" : "") "
                + "\(isConsole ? "https" : "http")://\(node.control.endpoint(service.backendPort))/readyz"
        }
        return checks.isEmpty ? nil : checks.joined(separator: "\n")
    }
}
