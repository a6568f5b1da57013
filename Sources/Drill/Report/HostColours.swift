import History

/// The colour of each host, the same in every picture of a page: a class of the page's style.
struct HostColours: Sendable {
    /// How many colours the style has; more hosts share them.
    static let count = 6

    /// Every host, in order.
    let hosts: [String]

    init(_ results: [ScenarioResult]) {
        var found: Set<String> = []
        for timeline in results.map(\.timeline) {
            found.formUnion(timeline.faults.map(\.host))
            for lane in timeline.lanes {
                for span in lane.spans { found.formUnion(span.owners ?? []) }
            }
        }
        hosts = found.sorted()
    }

    /// The class of an owner; of a lane's other states when there is not exactly one.
    func style(of owners: [String]?) -> String {
        guard let owners else { return "unknown" }
        guard let owner = owners.first else { return "nobody" }
        guard owners.count == 1 else { return "contested" }
        return "host\((hosts.firstIndex(of: owner) ?? 0) % Self.count)"
    }

    /// The owners in words.
    static func words(_ owners: [String]?) -> String {
        guard let owners else { return "not known" }
        return owners.isEmpty ? "nobody" : owners.joined(separator: " and ")
    }
}

extension OwnerLane.Subject {
    /// What was had, in words.
    var text: String {
        switch self {
        case .virtualIP(let address): "VIP \(address)"
        case .storeLeader: "store leader"
        case .taskLeader(let task): "leader of \(task)"
        }
    }
}
