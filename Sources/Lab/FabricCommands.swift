/// The commands that make and change a lab's networks, as batches for `ip -batch` and `bridge -batch`.
enum FabricCommands {
    /// Makes the bridges; to be run in the fabric namespace.
    static func bridges() -> [String] {
        ["link set lo up"]
            + LabPlan.Network.allCases.flatMap { network in
                [
                    // No spanning tree and no delay: a port that comes up forwards at once, as a real access port does.
                    "link add \(network.bridge) address \(network.macAddress(254)) type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                    "addr add \(network.gateway)/24 dev \(network.bridge)",
                    "link set \(network.bridge) up",
                ]
            }
    }

    /// Plugs a host into both bridges; to be run in the fabric namespace.
    static func plug(_ host: LabPlan.Host, namespace: String) -> [String] {
        LabPlan.Network.allCases.flatMap { network in
            [
                "link add \(host.port(on: network)) type veth peer name \(network.interface)"
                    + " address \(network.macAddress(host.number)) netns \(namespace)",
                "link set \(host.port(on: network)) master \(network.bridge) up",
            ]
        }
    }

    /// Gives a host its addresses; to be run in the host's namespace.
    static func configure(_ host: LabPlan.Host) -> [String] {
        ["link set lo up"]
            + LabPlan.Network.allCases.flatMap { network in
                [
                    "addr add \(host.address(on: network))/24 dev \(network.interface)",
                    "link set \(network.interface) up",
                ]
            } + ["route add default via \(LabPlan.Network.management.gateway)"]
    }

    /// Takes the carrier of a host's link away or gives it back.
    static func carrier(_ host: LabPlan.Host, _ network: LabPlan.Network, up: Bool) -> String {
        "link set \(host.port(on: network)) \(up ? "up" : "down")"
    }

    /// Stops forwarding on a host's bridge port, for `bridge -batch`: the quickest way to silence it.
    static func stopForwarding(_ host: LabPlan.Host, _ network: LabPlan.Network) -> String {
        "link set dev \(host.port(on: network)) state 0"
    }
}
