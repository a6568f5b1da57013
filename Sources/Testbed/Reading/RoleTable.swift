/// The roles of contrail-ha.md, section 1.4, as data.
enum RoleTable {
    enum Meaning: Hashable, Sendable {
        /// Role `all`: the managed hosts.
        case all
        case acted(Role)
        /// Known and without effect; the text says what it was.
        case unused(String)
        /// A container of Contrail 4, and the roles it stands for.
        case container([Role])
    }

    static func meaning(of name: String) -> Meaning? {
        if name == "all" { return .all }
        if let role = Role(rawValue: name) { return .acted(role) }
        return others[name]
    }

    /// All names, sorted.
    static let names: [String] = (["all"] + Role.allCases.map(\.rawValue) + others.keys).sorted()

    private static let others: [String: Meaning] = {
        var result: [String: Meaning] = [
            "contrail-controller": .container([.cfgm, .control, .webui]),
            "contrail-analytics": .container([.collector]),
            "contrail-analyticsdb": .container([.database]),
            "contrail-compute": .container([.compute]),
            "contrail-lb": .container([]),
        ]
        let unused: [(names: String, reason: String)] = [
            ("storage-master storage-compute", "Skein deploys no storage."),
            ("tsn toragent vgw", "Gateways and switches of this kind are not deployed by Skein."),
            ("vcenter_compute contrail-kubernetes orchestrator", "Skein serves OpenStack only."),
            ("rally backup monitor undercloud rh_hypervisor", "It belongs to the original's tools and test runs."),
            (
                "oldcfgm oldcontrol olddatabase oldcollector oldwebui oldbuild",
                "It names the old cluster during the original's upgrade; Skein upgrades in place."
            ),
            ("rabbit", "Skein puts RabbitMQ on the cfgm hosts."),
        ]
        for (names, reason) in unused {
            for name in names.split(separator: " ") { result[String(name)] = .unused(reason) }
        }
        return result
    }()
}
