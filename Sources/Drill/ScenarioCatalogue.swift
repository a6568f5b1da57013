extension Scenario {
    /// Every scenario, in the order of a full drill.
    package static let catalogue: [Scenario] = service + engine + link + node + combined + upgrade + load + coldStart

    /// The scenarios of a name or a family; empty when there is none.
    package static func named(_ name: String) -> [Scenario] {
        (catalogue + controls).filter { $0.name == name || $0.family.rawValue == name }
    }

    private static let controller = "skein-controller"
    private static let health = "skein-vip-health"

    /// The short name of a unit, as scenarios have it.
    private static func short(_ unit: String) -> String {
        var name = Substring(unit)
        if name.hasPrefix("skein-") { name = name.dropFirst(6) }
        if name.hasSuffix("-server") { name = name.dropLast(7) }
        return String(name)
    }

    /// A fault that lasts for a time.
    private static func during(_ fault: Fault, on victim: Victim, seconds: Double) -> [Step] {
        [.begin(fault, on: victim), .wait(seconds: seconds), .end(fault)]
    }

    /// No client notices that a process of Skein's own dies, hangs, stops or is replaced.
    private static let serviceLimits = Limits(failedRequests: 0, outage: 2, recovery: 30)

    // Kill, stop and hang of each process of Skein's own.
    private static let service: [Scenario] =
        [controller, health].flatMap { unit in
            [
                Scenario(
                    "kill-\(short(unit))", .service, [.begin(.kill(unit: unit), on: .virtualIPHolder)], serviceLimits),
                Scenario(
                    "stop-\(short(unit))", .service,
                    during(.stop(unit: "skein-\(unit)"), on: .virtualIPHolder, seconds: 6),
                    serviceLimits),
            ]
        } + [
            // Shorter than the watchdog's patience: the same process goes on.
            Scenario(
                "hang-controller", .service, during(.hang(unit: controller), on: .virtualIPHolder, seconds: 3.5),
                serviceLimits),
            // Longer: systemd has killed it and started another one long before the fault ends.
            Scenario(
                "wedge-controller", .service, during(.hang(unit: controller), on: .virtualIPHolder, seconds: 12),
                serviceLimits),
            Scenario(
                "hang-vip-health", .service, during(.hang(unit: health), on: .virtualIPHolder, seconds: 6),
                serviceLimits),
            Scenario(
                "restart-controller", .service, [.begin(.restart(unit: controller), on: .virtualIPHolder)],
                serviceLimits),
        ]

    private static let engine: [Scenario] =
        proxies + stores + brokers + [
            Scenario(
                "kill-keystone", .engine, [.begin(.kill(unit: keystone), on: .identity)],
                Limits(failedRequests: 0, outage: 1, recovery: 60)),
            Scenario(
                "stop-keystone", .engine, during(.stop(unit: keystone), on: .identity, seconds: 10),
                Limits(failedRequests: 0, outage: 1, recovery: 60)),
            Scenario(
                "hang-keystone", .engine, during(.hang(unit: keystone), on: .identity, seconds: 10),
                Limits(failedRequests: 0, outage: 1, recovery: 60)),
        ]

    private static let keystone = "keystone"

    private static let proxies: [Scenario] = ["haproxy", "keepalived"].flatMap { unit in
        [
            Scenario(
                "kill-\(unit)", .engine, [.begin(.kill(unit: "skein-\(unit)"), on: .virtualIPHolder)],
                Limits(outage: 2, recovery: 30)),
            Scenario(
                "stop-\(unit)", .engine, during(.stop(unit: "skein-\(unit)"), on: .virtualIPHolder, seconds: 6),
                Limits(outage: 2, recovery: 30)),
            Scenario(
                "hang-\(unit)", .engine, during(.hang(unit: "skein-\(unit)"), on: .virtualIPHolder, seconds: 6),
                Limits(outage: 2, recovery: 30)),
        ]
    }

    private static let etcd = "skein-etcd"
    private static let stores: [Scenario] = [
        Scenario(
            "kill-etcd", .engine, [.begin(.kill(unit: etcd), on: .storeFollower)], Limits(outage: 2, recovery: 30)),
        Scenario(
            "kill-etcd-leader", .engine, [.begin(.kill(unit: etcd), on: .storeLeader)],
            Limits(outage: 3, recovery: 30)),
        Scenario(
            "stop-etcd", .engine, during(.stop(unit: etcd), on: .storeFollower, seconds: 6),
            Limits(outage: 2, recovery: 60)),
        Scenario(
            "hang-etcd", .engine, during(.hang(unit: etcd), on: .storeFollower, seconds: 6),
            Limits(outage: 2, recovery: 60)),
        Scenario(
            "hang-etcd-leader", .engine, during(.hang(unit: etcd), on: .storeLeader, seconds: 6),
            Limits(outage: 3, recovery: 60)),
        Scenario(
            "slow-etcd-leader", .engine, during(.stutter(unit: etcd), on: .storeLeader, seconds: 8),
            Limits(outage: 4, recovery: 60)),
        // What the hung controller's watch has missed cannot be had any more when it goes on: it reads everything again. In all
        // less than the watchdog's patience, or it would be another process that goes on.
        Scenario(
            "compaction-under-slow-watcher", .engine,
            [
                .begin(.hang(unit: controller), on: .other), .wait(seconds: 2), .begin(.compactStore, on: .storeLeader),
                .wait(seconds: 1.5), .end(.hang(unit: controller)),
            ], Limits(failedRequests: 0, outage: 1, recovery: 30)),
        Scenario(
            "etcd-quota", .engine, during(.storeQuotaAlarm, on: .storeLeader, seconds: 6),
            // Nobody can write while the database is full: what counts is that reads go on and that it ends, with the
            // member's restart, for which etcd takes 5 s when somebody watches.
            Limits(outage: 2, writeOutage: 15, recovery: 60)),
        Scenario(
            "kill-etcd-all", .engine, [.begin(.kill(unit: etcd), on: .every)], Limits(outage: 8, recovery: 60)),
    ]

    private static let rabbit = "skein-rabbitmq"
    // Recovery is until RabbitMQ runs on every host again; it starts slowly. Clients do not wait for it.
    private static let brokers: [Scenario] = [
        Scenario(
            "kill-rabbitmq", .engine, [.begin(.kill(unit: rabbit), on: .virtualIPHolder)],
            Limits(outage: 2, recovery: 120)),
        Scenario(
            "stop-rabbitmq", .engine, during(.stop(unit: rabbit), on: .other, seconds: 6),
            Limits(outage: 2, recovery: 120)),
        Scenario(
            "stop-rabbitmq-all", .engine, during(.stop(unit: rabbit), on: .every, seconds: 4),
            Limits(outage: 2, recovery: 180)),
        Scenario(
            "hang-rabbitmq", .engine, during(.hang(unit: rabbit), on: .other, seconds: 10),
            Limits(outage: 2, recovery: 180)),
        Scenario(
            "partition-rabbitmq", .engine, during(.isolateBroker, on: .other, seconds: 12),
            Limits(outage: 2, recovery: 180)),
        Scenario(
            "rabbitmq-memory-alarm", .engine, during(.brokerMemoryAlarm, on: .other, seconds: 8),
            Limits(outage: 2, recovery: 60)),
        Scenario(
            "rabbitmq-disk-alarm", .engine, during(.brokerDiskAlarm, on: .other, seconds: 8),
            Limits(outage: 2, recovery: 60)),
    ]

    private static let link: [Scenario] =
        Fault.Network.allCases.flatMap { network in
            [
                link("cut-\(network.rawValue)", .cut(network), .virtualIPHolder),
                link("silence-\(network.rawValue)", .silence(network), .virtualIPHolder),
                link("one-way-\(network.rawValue)-from", .drop(network, .from), .virtualIPHolder),
                link("one-way-\(network.rawValue)-to", .drop(network, .to), .virtualIPHolder),
                link("lossy-\(network.rawValue)", .lose(network, percent: 5), .virtualIPHolder),
                link("slow-\(network.rawValue)", .slow(network, kilobits: 10_000), .virtualIPHolder),
            ]
        } + [
            link("cut-control-other", .cut(.control), .other),
            link("silence-control-leader", .silence(.control), .storeLeader),
            Scenario(
                "cut-both", .link,
                [
                    .begin(.cut(.control), on: .virtualIPHolder), .begin(.cut(.management), on: .same),
                    .wait(seconds: 8), .end(.cut(.management)), .end(.cut(.control)),
                ], linkLimits),
            Scenario(
                "silence-both", .link,
                [
                    .begin(.silence(.control), on: .virtualIPHolder), .begin(.silence(.management), on: .same),
                    .wait(seconds: 8), .end(.silence(.management)), .end(.silence(.control)),
                ], linkLimits),
        ]

    /// What clients may notice of a host or a link that fails, whichever member leads the store.
    private static let failover = Limits.Repeated(medianOutage: 0.5, medianWriteOutage: 1, worst: 2)
    private static let linkLimits = Limits(outage: 3, repeated: failover, recovery: 60)

    private static func link(_ name: String, _ fault: Fault, _ victim: Victim) -> Scenario {
        Scenario(name, .link, during(fault, on: victim, seconds: 8), linkLimits)
    }

    private static let node: [Scenario] = [
        Scenario("power-off", .node, during(.powerOff, on: .virtualIPHolder, seconds: 8), nodeLimits),
        Scenario("power-off-store-leader", .node, during(.powerOff, on: .storeLeader, seconds: 8), nodeLimits),
        Scenario("freeze", .node, during(.freeze, on: .virtualIPHolder, seconds: 8), nodeLimits),
        Scenario("reboot", .node, [.begin(.reboot, on: .virtualIPHolder), .end(.reboot)], nodeLimits),
        Scenario(
            "disk-full", .node,
            preparation: [.begin(.boundStoreDisk, on: .storeLeader), .awaitWhole(seconds: 60)],
            [.begin(.fillStoreDisk, on: .same), .wait(seconds: 10), .end(.fillStoreDisk)], nodeLimits),
        Scenario("clock-step", .node, during(.stepClock(seconds: 3600), on: .other, seconds: 10), nodeLimits),
    ]

    // Recovery is until RabbitMQ runs on the host again.
    private static let nodeLimits = Limits(outage: 3, repeated: failover, recovery: 90)

    private static let combined: [Scenario] = [
        Scenario(
            "power-off-then-kill-controller", .combined,
            [
                .begin(.powerOff, on: .virtualIPHolder), .wait(seconds: 2),
                .begin(.kill(unit: controller), on: .virtualIPHolder), .wait(seconds: 6), .end(.powerOff),
            ], combinedLimits),
        Scenario(
            "power-off-then-kill-haproxy", .combined,
            [
                .begin(.powerOff, on: .virtualIPHolder), .wait(seconds: 8), .end(.powerOff), .wait(seconds: 1),
                .begin(.kill(unit: "skein-haproxy"), on: .virtualIPHolder),
            ], combinedLimits),
        Scenario(
            "broker-then-store-leader", .combined,
            [
                .begin(.kill(unit: rabbit), on: .other), .wait(seconds: 3), .begin(.kill(unit: etcd), on: .storeLeader),
            ], combinedLimits),
        Scenario(
            "freeze-then-kill-keepalived", .combined,
            [
                .begin(.freeze, on: .virtualIPHolder), .wait(seconds: 6), .end(.freeze),
                .begin(.kill(unit: "skein-keepalived"), on: .virtualIPHolder),
            ], combinedLimits),
        Scenario(
            "lossy-then-kill-controller", .combined,
            [
                .begin(.lose(.control, percent: 5), on: .virtualIPHolder), .wait(seconds: 3),
                .begin(.kill(unit: controller), on: .other), .wait(seconds: 5), .end(.lose(.control, percent: 5)),
            ], combinedLimits),
        Scenario(
            "silence-then-kill-store-leader", .combined,
            [
                .begin(.silence(.control), on: .virtualIPHolder), .wait(seconds: 5), .end(.silence(.control)),
                .begin(.kill(unit: etcd), on: .storeLeader),
            ], combinedLimits),
    ]

    private static let combinedLimits = Limits(outage: 3, recovery: 90)

    private static let upgrade: [Scenario] = [
        Scenario(
            "rolling-restart", .upgrade, [.begin(.restart(unit: controller), on: .everyInTurn)],
            upgradeLimits),
        Scenario(
            "rolling-upgrade", .upgrade,
            [.begin(.upgrade, on: .other), .awaitWhole(seconds: 60), .wait(seconds: 2), .end(.upgrade)],
            upgradeLimits),
    ]

    private static let upgradeLimits = Limits(failedRequests: 0, outage: 2, recovery: 60)

    private static let load: [Scenario] = [
        // The others are served as if that client were not there: a request of theirs may wait for one of its, no longer.
        Scenario(
            "greedy-client", .load, [.greedyClient(seconds: 120)], Limits(failedRequests: 0, outage: 0.5, recovery: 30))
    ]

    private static let coldStart: [Scenario] = [
        Scenario(
            "cold-start-all", .coldStart, during(.powerOff, on: .every, seconds: 5),
            // Nothing can answer while everything is off: what counts is when it does again.
            Limits(outage: 90, recovery: 180, serving: 60))
    ]
}
