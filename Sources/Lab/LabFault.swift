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
    /// The switch port forwards nothing; the host sees its link up.
    case silent(LabPlan.Network)
    /// Everything in one direction is lost.
    case drop(LabPlan.Network, Direction)
    /// So many of a hundred packets, chosen at random, are lost in each direction.
    case loss(LabPlan.Network, percent: Int)
    /// The unit's processes are stopped (SIGSTOP).
    case stopped(unit: String)

    /// What tells this fault from the others that a host may have; also the name of its record and of its nft table.
    /// Two loss rates on one network are the same fault: the newer replaces the older.
    package var identity: String {
        switch self {
        case .cut(let network): "cut_\(network.rawValue)"
        case .silent(let network): "silent_\(network.rawValue)"
        case .drop(let network, let direction): "drop_\(network.rawValue)_\(direction.rawValue)"
        case .loss(let network, _): "loss_\(network.rawValue)"
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
        case .stopped(let unit): "\(unit) stopped"
        }
    }

    /// The network it is on; nil for a fault of a process.
    package var network: LabPlan.Network? {
        switch self {
        case .cut(let network), .silent(let network), .drop(let network, _), .loss(let network, _): network
        case .stopped: nil
        }
    }
}

/// The nftables tables that lose packets between a host's bridge port and everything else on the bridge.
enum PacketLoss {
    /// The name of the table of one fault of one host.
    static func table(_ fault: LabFault, _ host: LabPlan.Host) -> String { "\(host.name)_\(fault.identity)" }

    /// The commands for `nft -f -` that bring the fault about; nil for a fault that is no packet loss.
    ///
    /// The forward hook sees what goes to other hosts, input and output what goes to and from the fabric itself.
    static func ruleset(_ fault: LabFault, _ host: LabPlan.Host) -> String? {
        let directions: [LabFault.Direction]
        let verdict: String
        let network: LabPlan.Network
        switch fault {
        case .drop(let place, let direction):
            (network, directions, verdict) = (place, [direction], "drop")
        case .loss(let place, let percent):
            (network, directions, verdict) = (
                place, [.from, .to], "numgen random mod 100 < \(percent) drop"
            )
        case .cut, .silent, .stopped: return nil
        }
        let port = host.port(on: network)
        let from = directions.contains(.from) ? ["iifname \"\(port)\" \(verdict)"] : []
        let to = directions.contains(.to) ? ["oifname \"\(port)\" \(verdict)"] : []
        let chains = [("forward", from + to), ("input", from), ("output", to)].filter { !$0.1.isEmpty }
        let name = table(fault, host)
        // Declared and deleted first, so that applying it twice is the same as once.
        var lines = ["table bridge \(name)", "delete table bridge \(name)", "table bridge \(name) {"]
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
