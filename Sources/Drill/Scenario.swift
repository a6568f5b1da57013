/// One thing that is done to an installation, and undone.
package struct Scenario: Hashable, Sendable {
    /// What kind of failure it is.
    package enum Family: String, Hashable, Sendable, CaseIterable {
        case service
        case node
        case link
        case engine
    }

    /// What is done.
    package enum Fault: Hashable, Sendable {
        /// Every process of a unit gets SIGKILL at once.
        case kill(unit: String)
        /// The unit's processes are stopped for a time (SIGSTOP, then SIGCONT).
        case hang(unit: String)
        /// systemd restarts the unit in good order.
        case restart(unit: String)
        case powerOff
        case freeze
        case cutManagement
        case cutControl
        case silenceManagement
        case silenceControl
    }

    /// Which controller it happens to.
    package enum Victim: String, Hashable, Sendable {
        /// The one that holds the virtual IPs.
        case virtualIPHolder = "VIP holder"
        /// The one whose member leads the store.
        case storeLeader = "store leader"
        /// One that holds no virtual IP.
        case other = "not the VIP holder"
    }

    /// Such as `kill-controller`.
    package var name: String
    package var family: Family
    package var fault: Fault
    package var victim: Victim
    /// How long the fault lasts, in seconds; 0 when it undoes itself.
    package var seconds: Int
    package var limits: Limits

    /// What decides between pass and fail.
    package struct Limits: Hashable, Sendable {
        /// The most failed requests; nil when only the outage counts.
        package var failedRequests: Int?
        /// The longest outage, in seconds.
        package var outage: Double
        /// The longest time until everything is whole again after the fault has ended, in seconds.
        package var recovery: Double

        package init(failedRequests: Int?, outage: Double, recovery: Double) {
            self.failedRequests = failedRequests
            self.outage = outage
            self.recovery = recovery
        }
    }
}

extension Scenario {
    /// Every scenario, in the order of a full drill.
    package static let catalogue: [Scenario] =
        services(["skein-controller"], .service) + services(["haproxy", "keepalived", "rabbitmq-server"], .engine)
        + [
            engine("kill-etcd", .kill(unit: "skein-etcd"), .other, outage: 2),
            engine("kill-etcd-leader", .kill(unit: "skein-etcd"), .storeLeader, outage: 3),
            service("hang-controller", .hang(unit: "skein-controller"), .virtualIPHolder, seconds: 6),
            service("restart-controller", .restart(unit: "skein-controller"), .virtualIPHolder, seconds: 0),
            node("power-off", .powerOff, .virtualIPHolder),
            node("power-off-store-leader", .powerOff, .storeLeader),
            node("freeze", .freeze, .virtualIPHolder),
            link("cut-control", .cutControl, .virtualIPHolder),
            link("cut-control-other", .cutControl, .other),
            link("cut-management", .cutManagement, .virtualIPHolder),
            link("silence-control", .silenceControl, .virtualIPHolder),
            link("silence-management", .silenceManagement, .virtualIPHolder),
        ]

    private static func services(_ units: [String], _ family: Family) -> [Scenario] {
        units.map { unit in
            Scenario(
                name: "kill-\(unit.replacing("skein-", with: "").replacing("-server", with: ""))", family: family,
                fault: .kill(unit: unit), victim: .virtualIPHolder, seconds: 0,
                limits: Limits(failedRequests: nil, outage: 2, recovery: 90))
        }
    }

    private static func service(_ name: String, _ fault: Fault, _ victim: Victim, seconds: Int) -> Scenario {
        Scenario(
            name: name, family: .service, fault: fault, victim: victim, seconds: seconds,
            limits: Limits(failedRequests: nil, outage: 2, recovery: 30))
    }

    private static func engine(_ name: String, _ fault: Fault, _ victim: Victim, outage: Double) -> Scenario {
        Scenario(
            name: name, family: .engine, fault: fault, victim: victim, seconds: 0,
            limits: Limits(failedRequests: nil, outage: outage, recovery: 30))
    }

    private static func node(_ name: String, _ fault: Fault, _ victim: Victim) -> Scenario {
        Scenario(
            name: name, family: .node, fault: fault, victim: victim, seconds: 8,
            limits: Limits(failedRequests: nil, outage: 4, recovery: 90))
    }

    private static func link(_ name: String, _ fault: Fault, _ victim: Victim) -> Scenario {
        Scenario(
            name: name, family: .link, fault: fault, victim: victim, seconds: 8,
            limits: Limits(failedRequests: nil, outage: 4, recovery: 60))
    }
}
