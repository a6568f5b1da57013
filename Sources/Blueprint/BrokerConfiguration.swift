import Addressing
import JSON

/// The files of one RabbitMQ node.
///
/// Nodes are named by their control address (`rabbit@192.0.2.11`, long names), so that the cluster depends on no name
/// service and no hosts file.
struct BrokerConfiguration {
    var address: IPAddress
    /// The control address of every node, this one included.
    var members: [IPAddress]
    var timing: TimingBudget
    var user: String
    var passwordHash: String
    var authorityFile: String
    var certificateFile: String
    var privateKeyFile: String
    /// Whether this version still has mirrored classic queues (gone in 4.0).
    var canMirror: Bool

    static func nodeName(_ address: IPAddress) -> String { "rabbit@\(address)" }

    /// `/etc/rabbitmq/rabbitmq.conf`
    var text: String {
        let nodes = members.enumerated().map { index, member in
            "cluster_formation.classic_config.nodes.\(index + 1) = \(Self.nodeName(member))"
        }
        return """
            # Made by skein; `skein up` puts it back.
            listeners.tcp = none
            listeners.ssl.1 = \(address.endpoint(ServicePort.broker))
            ssl_options.cacertfile = \(authorityFile)
            ssl_options.certfile = \(certificateFile)
            ssl_options.keyfile = \(privateKeyFile)
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = false
            ssl_options.versions.1 = tlsv1.3
            ssl_options.versions.2 = tlsv1.2
            cluster_formation.peer_discovery_backend = classic_config
            \(nodes.joined(separator: "\n"))
            cluster_partition_handling = pause_minority
            net_ticktime = \(timing.brokerTickSeconds)
            heartbeat = \(timing.brokerHeartbeatSeconds)
            queue_leader_locator = balanced
            vm_memory_high_watermark.relative = 0.4
            disk_free_limit.absolute = 200MB
            loopback_users.guest = true

            """
    }

    /// `/etc/rabbitmq/rabbitmq-env.conf`
    var environment: String {
        let parts = address.description.split(separator: ".").joined(separator: ",")
        return """
            # Made by skein; `skein up` puts it back.
            USE_LONGNAME=true
            NODENAME=\(Self.nodeName(address))
            SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none -kernel inet_dist_use_interface {\(parts)}"
            CTL_ERL_ARGS="+S 1:1 +sbwt none -start_epmd false"

            """
    }

    /// Users, permissions and policies, in the form that `rabbitmqctl import_definitions` takes.
    var definitions: JSONValue {
        var policies: [JSONValue] = []
        if canMirror {
            policies.append([
                "vhost": "/", "name": "ha-all", "pattern": "^(?!amq\\.).*", "apply-to": "queues", "priority": 0,
                "definition": ["ha-mode": "all", "ha-sync-mode": "automatic"],
            ])
        }
        return [
            "vhosts": [["name": "/"]],
            "users": [
                [
                    "name": .string(user), "password_hash": .string(passwordHash),
                    "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "administrator",
                ]
            ],
            "permissions": [
                ["user": .string(user), "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"]
            ],
            "policies": .array(policies),
        ]
    }
}
