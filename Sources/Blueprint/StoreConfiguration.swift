import Addressing

/// The text of etcd's configuration file for one member.
///
/// Who the other members are stands in the member's data. What it is told about them when it has none yet is
/// for its first start alone (``StoreFormation``), so that a change of the membership changes no file and restarts nobody.
struct StoreConfiguration {
    var name: String
    var address: IPAddress
    var settings: DeploymentSettings
    var authorityFile: String
    var certificateFile: String
    var privateKeyFile: String
    var dataDirectory: String

    var text: String {
        let peerURL = "https://\(address.endpoint(settings.ports.storePeer))"
        let clientURL = "https://\(address.endpoint(settings.ports.storeClient))"
        return """
            # Made by skein; `skein up` puts it back.
            name: \(name)
            data-dir: \(dataDirectory)
            listen-peer-urls: \(peerURL)
            initial-advertise-peer-urls: \(peerURL)
            listen-client-urls: \(clientURL)
            advertise-client-urls: \(clientURL)
            listen-metrics-urls: http://127.0.0.1:\(ServicePort.storeMetrics)
            # Without data it forms no store of its own.
            initial-cluster-state: existing
            heartbeat-interval: \(settings.timing.storeHeartbeat)
            election-timeout: \(settings.timing.storeElection)
            pre-vote: true
            strict-reconfig-check: true
            enable-v2: false
            quota-backend-bytes: \(settings.storeQuotaBytes)
            auto-compaction-mode: periodic
            auto-compaction-retention: \(settings.storeHistory)
            snapshot-count: 10000
            max-txn-ops: \(settings.storeTransactionOperations)
            max-request-bytes: 10485760
            logger: zap
            log-outputs: [stderr]
            client-transport-security:
              cert-file: \(certificateFile)
              key-file: \(privateKeyFile)
              client-cert-auth: true
              trusted-ca-file: \(authorityFile)
            peer-transport-security:
              cert-file: \(certificateFile)
              key-file: \(privateKeyFile)
              client-cert-auth: true
              trusted-ca-file: \(authorityFile)

            """
    }
}
