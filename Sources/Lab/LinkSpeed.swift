/// The queues that make a host's links slow, one at each end.
enum LinkSpeed {
    /// The longest that a packet waits in a queue, in milliseconds; what would wait longer is lost.
    static let longestWait = 200

    /// Throws `invalidRequest` for a limit out of bounds.
    //
    // A function of its own: swiftc 6.3.1 crashes when it optimizes this check within an asynchronous one.
    static func check(kilobits: Int) throws(LabError) {
        guard (100...10_000_000).contains(kilobits) else {
            throw LabError(.invalidRequest, "\(kilobits) kbit/s: it must be 100 to 10000000")
        }
    }

    /// The commands that limit both ends of a host's link.
    static func limit(_ host: LabPlan.Host, _ network: LabPlan.Network, lab: LabName, kilobits: Int) -> [[String]] {
        queue(
            "replace", host, network, lab: lab,
            ["tbf", "rate", "\(kilobits)kbit", "burst", "32kb", "latency", "\(longestWait)ms"])
    }

    /// The commands that lift the limit; an end without one is an error of `tc`.
    static func lift(_ host: LabPlan.Host, _ network: LabPlan.Network, lab: LabName) -> [[String]] {
        queue("delete", host, network, lab: lab, [])
    }

    private static func queue(
        _ verb: String, _ host: LabPlan.Host, _ network: LabPlan.Network, lab: LabName, _ discipline: [String]
    ) -> [[String]] {
        let atSwitch = ["-n", lab.fabricNamespace, "qdisc", verb, "dev", host.port(on: network), "root"]
        let atHost = ["-n", lab.namespace(ofHost: host.name), "qdisc", verb, "dev", network.interface, "root"]
        return [atSwitch, atHost].map { ["tc"] + $0 + discipline }
    }
}
