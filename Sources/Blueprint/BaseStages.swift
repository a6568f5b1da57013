import Testbed

/// The first two stages: what is installed, and what hosts trust each other by.
extension DeploymentPlan {
    func packageStage() -> Blueprint.Stage {
        stage("packages", "Installing packages and the executable", placement.nodes) { node in
            let names = packages(for: node)
            guard !names.isEmpty else { return [] }
            var resources: [Resource] = [.packages(names)]
            if runsSkein(node) {
                resources += [.user("skein"), .executable(path: DeploymentPath.executable)]
            }
            return resources
        }
    }

    func certificateStage() -> Blueprint.Stage {
        stage("certificates", "Placing the deployment's certificates", placement.nodes) { node in
            guard !packages(for: node).isEmpty, let pair = secrets.hostCertificates[node.name] else { return [] }
            var resources: [Resource] = [
                .directory(path: DeploymentPath.configuration, owner: "root", mode: 0o755),
                .directory(path: DeploymentPath.configuration + "/tls", owner: "root", mode: 0o755),
                .directory(path: DeploymentPath.state, owner: "root", mode: 0o755),
            ]
            // Before anything that is trusted by it: a folder that is lost later can be made anew from here.
            if !secrets.keptText.isEmpty {
                resources.append(.sealed(path: DeploymentPath.sealedSecrets, content: secrets.keptText))
            }
            resources.append(file(DeploymentPath.authority, secrets.authorityCertificate))
            let readers: [(Bool, String, String)] = [
                (runsSkein(node), DeploymentPath.certificate, "skein"),
                (node.host.roles.contains(.database), DeploymentPath.storeCertificate, "etcd"),
                (node.host.roles.contains(.cfgm), DeploymentPath.brokerCertificate, "rabbitmq"),
            ]
            for (isNeeded, path, owner) in readers where isNeeded {
                resources.append(
                    file(path, pair.certificate + pair.privateKey, owner: owner, mode: 0o400, isSecret: true))
            }
            if let keystoneAuthority = settings.keystoneAuthority, runsSkein(node) {
                resources.append(file(DeploymentPath.keystoneAuthority, keystoneAuthority))
            }
            return resources
        }
    }

    /// Whether a host runs the executable: as a controller, or for the VIP's health.
    func runsSkein(_ node: Placement.Node) -> Bool {
        !Placement.services(of: node.host).isEmpty
    }

    private func packages(for node: Placement.Node) -> [String] {
        var names: Set<String> = []
        if node.host.roles.contains(.database) { names.formUnion(["etcd-client", "etcd-server"]) }
        if node.host.roles.contains(.cfgm) {
            names.formUnion(["haproxy", "rabbitmq-server"])
            if !virtualIPs.isEmpty { names.insert("keepalived") }
        }
        if runsSkein(node) {
            // The C libraries that the executable is linked with.
            names.formUnion(["librabbitmq4", "libsqlite3-0", "libstdc++6", "zlib1g"])
        }
        if !names.isEmpty { names.formUnion(["ca-certificates", "curl", "iproute2"]) }
        return names.sorted()
    }
}
