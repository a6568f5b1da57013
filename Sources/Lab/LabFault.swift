/// A fault of a host's links or processes that lasts until it is undone.
package enum LabFault: Hashable, Sendable, Codable {
    /// One direction of a host's traffic on a network.
    package enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
        /// What the host sends.
        case from
        /// What the host would receive.
        case to
    }

    /// The carrier of the link is gone; the host sees it.
    case cut(LabPlan.Network)
    /// Nothing passes the switch port; the host sees its link up.
    case silent(LabPlan.Network)
    /// Everything in one direction is lost.
    case drop(LabPlan.Network, Direction)
    /// So many of a hundred packets, chosen at random, are lost in each direction.
    case loss(LabPlan.Network, percent: Int)
    /// The link carries so many kilobits a second in each direction, and keeps what is too much for up to 200 ms before
    /// it loses it: slow, and late under load.
    case slow(LabPlan.Network, kilobits: Int)
    /// TCP to and from these ports is lost, in both directions; everything else passes.
    case blocked(LabPlan.Network, ports: [Int])
    /// The unit's processes are stopped (SIGSTOP).
    case stopped(unit: String)

    /// What tells this fault from the others that a host may have; also the name of its record and of its nft table.
    /// Two loss rates on one network are the same fault, and so are two speeds and two lists of ports: the newer replaces
    /// the older.
    package var identity: String {
        switch self {
        case .cut(let network): "cut_\(network.rawValue)"
        case .silent(let network): "silent_\(network.rawValue)"
        case .drop(let network, let direction): "drop_\(network.rawValue)_\(direction.rawValue)"
        case .loss(let network, _): "loss_\(network.rawValue)"
        case .slow(let network, _): "slow_\(network.rawValue)"
        case .blocked(let network, _): "blocked_\(network.rawValue)"
        case .stopped(let unit): "stopped_\(unit)"
        }
    }

    /// The fault in words, as `skein lab status` shows it.
    package var text: String {
        switch self {
        case .cut(let network): "\(network.rawValue) link cut"
        case .silent(let network): "\(network.rawValue) link silent"
        case .drop(let network, let direction): "\(network.rawValue) link drops all \(direction.rawValue) the host"
        case .loss(let network, let percent): "\(network.rawValue) link loses \(percent) %"
        case .slow(let network, let kilobits): "\(network.rawValue) link carries \(kilobits) kbit/s"
        case .blocked(let network, let ports):
            "\(network.rawValue) link loses TCP ports \(ports.map { "\($0)" }.joined(separator: ", "))"
        case .stopped(let unit): "\(unit) stopped"
        }
    }

    /// The network it is on; nil for a fault of a process.
    package var network: LabPlan.Network? {
        switch self {
        case .cut(let network), .silent(let network), .drop(let network, _), .loss(let network, _),
            .slow(let network, _), .blocked(let network, _):
            network
        case .stopped: nil
        }
    }
}

/// The nftables tables that lose packets between a host's bridge ports and everything else on the bridges.
///
/// Packet filters and not the ports' own state: the kernel brings a port that gets its carrier back into forwarding, up
/// to a second after the command that healed the link.
enum PacketLoss {
    /// The name of the table of one fault of one host.
    static func table(_ fault: LabFault, _ host: LabPlan.Host) -> String { "\(host.name)_\(fault.identity)" }

    /// The name of the table that keeps a frozen host quiet.
    static func frozenTable(_ host: LabPlan.Host) -> String { "\(host.name)_frozen" }

    /// The commands for `nft -f -` that bring the fault about; nil for a fault that is no packet loss.
    static func ruleset(_ fault: LabFault, _ host: LabPlan.Host) -> String? {
        let table = table(fault, host)
        switch fault {
        case .silent(let network):
            return ruleset(table, ports: [host.port(on: network)], LabFault.Direction.allCases, verdict: "drop")
        case .drop(let network, let direction):
            return ruleset(table, ports: [host.port(on: network)], [direction], verdict: "drop")
        case .loss(let network, let percent):
            // nft refuses a comparison that always holds.
            let verdict = percent >= 100 ? "drop" : "numgen random mod 100 < \(percent) drop"
            return ruleset(table, ports: [host.port(on: network)], LabFault.Direction.allCases, verdict: verdict)
        case .blocked(let network, let ports):
            let list = ports.map { "\($0)" }.joined(separator: ", ")
            return ruleset(
                table, ports: [host.port(on: network)], LabFault.Direction.allCases,
                verdicts: ["tcp dport { \(list) } drop", "tcp sport { \(list) } drop"])
        case .cut, .slow, .stopped: return nil
        }
    }

    /// The commands for `nft -f -` that keep a frozen host quiet.
    static func frozenRuleset(_ host: LabPlan.Host) -> String {
        ruleset(
            frozenTable(host), ports: LabPlan.Network.allCases.map { host.port(on: $0) }, LabFault.Direction.allCases,
            verdict: "drop")
    }

    private static func ruleset(
        _ table: String, ports: [String], _ directions: [LabFault.Direction], verdict: String
    ) -> String {
        ruleset(table, ports: ports, directions, verdicts: [verdict])
    }

    private static func ruleset(
        _ table: String, ports: [String], _ directions: [LabFault.Direction], verdicts: [String]
    ) -> String {
        func rules(_ direction: LabFault.Direction, _ key: String) -> [String] {
            guard directions.contains(direction) else { return [] }
            return ports.flatMap { port in verdicts.map { "\(key) \"\(port)\" \($0)" } }
        }
        let from = rules(.from, "iifname")
        let to = rules(.to, "oifname")
        // The forward hook sees what goes to other hosts, input and output what goes to and from the fabric itself.
        let chains = [("forward", from + to), ("input", from), ("output", to)].filter { !$0.1.isEmpty }
        // Declared and deleted first, so that applying it twice is the same as once.
        var lines = ["table bridge \(table)", "delete table bridge \(table)", "table bridge \(table) {"]
        for (hook, rules) in chains {
            lines.append("  chain \(hook) {")
            lines.append("    type filter hook \(hook) priority 0; policy accept;")
            lines += rules.map { "    \($0)" }
            lines.append("  }")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }
}
