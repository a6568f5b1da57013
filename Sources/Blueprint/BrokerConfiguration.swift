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
    /// Skein's users, by name, with their passwords as RabbitMQ stores them.
    var users: [String: String]
    var authorityFile: String
    var certificateFile: String
    var privateKeyFile: String
    /// Whether this version still has mirrored classic queues (gone in 4.0).
    var canMirror: Bool

    /// Its start takes all the CPU it gets, for as long as half a minute.
    static let niceness = 5

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
            # The unit's niceness, for kernels that share the CPUs among sessions; here, since it is its start that counts.
            if [ -w /proc/$$/autogroup ]; then echo \(Self.niceness) 2>/dev/null >/proc/$$/autogroup || true; fi

            """
    }

    /// Users, permissions and policies, in the form that `rabbitmqctl import_definitions` takes.
    var definitions: JSONValue {
        return [
            "vhosts": [["name": "/"]],
            "users": .array(
                users.sorted { $0.key < $1.key }.map { name, hash in
                    [
                        "name": .string(name), "password_hash": .string(hash),
                        "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "administrator",
                    ]
                }),
            "permissions": .array(
                users.keys.sorted().map { name in
                    ["user": .string(name), "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"]
                }),
            "policies": .array(policies),
        ]
    }

    var policyNames: [String] { policies.compactMap { $0["name"]?.stringValue } }

    /// A queue has one policy, the one of the highest priority: so the second one repeats what the first says.
    private var policies: [JSONValue] {
        let mirror: JSONObject = canMirror ? ["ha-mode": "all", "ha-sync-mode": "automatic"] : [:]
        // Queues of consumers that may be away for good, or that never come. What they miss they can read anew.
        var limited = mirror
        limited["max-length"] = .integer(Self.waitingMessages)
        limited["max-length-bytes"] = .integer(Self.waitingBytes)
        limited["overflow"] = "drop-head"
        func policy(_ name: String, _ pattern: String, priority: Int, _ definition: JSONObject) -> JSONValue {
            [
                "vhost": "/", "name": .string(name), "pattern": .string(pattern), "apply-to": "queues",
                "priority": .integer(priority), "definition": .object(definition),
            ]
        }
        let everyQueue = canMirror ? [policy("ha-all", "^(?!amq\\.).*", priority: 0, mirror)] : []
        let limitedName = canMirror ? "ha-all-limited" : "limited"
        return everyQueue + [policy(limitedName, "^(notifications|vnc_config)\\.", priority: 10, limited)]
    }

    /// The most messages, and bytes of them, that wait in one queue of notices for a consumer that is away; the oldest
    /// are dropped first. Without a limit such a queue ends in the memory alarm, which stops every publisher.
    /// A mirrored queue is copied as a whole to each node that comes back, and stands still meanwhile.
    private static let waitingMessages = 10_000
    private static let waitingBytes = 32 << 20
}
