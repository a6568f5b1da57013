import Addressing

extension DeploymentPlan {
    /// etcd, under a unit and in a directory of its own. A running member is only ever restarted when the others serve; one
    /// without data is started by whoever knows what it has to become (``StoreFormation``), and by nobody else.
    func storeStage() -> Blueprint.Stage {
        return stage("store", "Forming the etcd cluster", placement.stores) { node in
            let configuration = StoreConfiguration(
                name: node.word, address: node.control, settings: settings,
                authorityFile: DeploymentPath.authority, certificateFile: DeploymentPath.storeCertificate,
                privateKeyFile: DeploymentPath.storeCertificate, dataDirectory: DeploymentPath.storeData)
            let unit = SystemdUnit(
                unit: [
                    "Description=etcd, the store of Skein", "After=network-online.target",
                    "Wants=network-online.target",
                    "StartLimitIntervalSec=0",
                    // Without its data it must not come up, and certainly not as a new store.
                    "AssertPathExists=\(DeploymentPath.storeLog)",
                ],
                service: [
                    "Type=notify", "User=etcd", "Group=etcd",
                    "ExecStart=\(StoreFormation.program) --config-file \(DeploymentPath.storeConfiguration)",
                    // It is a member of a store that serves: whatever formed it is over.
                    "ExecStartPost=-+/bin/rm -f \(DeploymentPath.storeFormation)",
                    "Restart=always", "RestartSec=200ms",
                    // A member waits in its start for a majority; that may take as long as the others are away.
                    "TimeoutStartSec=infinity", "TimeoutStopSec=20", "LimitNOFILE=65536", "OOMScoreAdjust=-800",
                    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
                    "ReadWritePaths=\(DeploymentPath.storeData)",
                    // A leader whose heartbeats are late is replaced, and everybody waits meanwhile: it comes before those
                    // that ask it.
                ] + SystemdUnit.priority(-15),
                wantedBy: "multi-user.target")
            let unitPath = DeploymentPath.unit(DeploymentUnit.store)
            return [
                .directory(path: DeploymentPath.storeData, owner: "etcd", mode: 0o700),
                file(DeploymentPath.storeConfiguration, configuration.text),
                file(unitPath, unit.text),
                .service(
                    .init(
                        name: DeploymentUnit.store,
                        // A certificate is read at each handshake, whom to trust only at the start.
                        restartsOn: [DeploymentPath.storeConfiguration, unitPath, DeploymentPath.authority],
                        readiness: "curl -fsS -m 2 http://127.0.0.1:\(ServicePort.storeMetrics)/health | grep -q true",
                        readySeconds: 90)),
            ]
        }
    }
}
