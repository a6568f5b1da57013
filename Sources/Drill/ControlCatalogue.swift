import History

extension Scenario {
    /// The scenarios that must fail; not part of a full drill.
    package static let controls: [Scenario] = usualVRRP + [mirroredQueue] + plantedDefects

    /// keepalived as most installations have it: one silent network is never noticed, a dead node after 3 s.
    private static let usualVRRP: [Scenario] = ["silence-control", "power-off"].flatMap { name in
        catalogue.filter { $0.name == name }.map { scenario in
            Scenario(
                "usual-vrrp-\(name)", .control,
                preparation: [.begin(.usualVRRPSettings, on: .every), .awaitWhole(seconds: 60)], scenario.steps,
                Limits(outage: 2, recovery: 120), mustViolate: .unavailable)
        }
    }

    /// The leader of a mirrored queue that is cut off drops its mirrors and confirms what it alone has: that is gone when
    /// it joins the others again. A quorum queue under the same load must lose none.
    ///
    /// RabbitMQ 3.10 loses nothing under `pause_minority`, which Skein sets: in a minority its channels send no confirms.
    private static let mirroredQueue: Scenario = {
        var scenario = Scenario(
            "mirrored-queue-partition", .control,
            preparation: [.begin(.usualPartitionHandling, on: .every), .awaitWhole(seconds: 60)],
            [.begin(.isolateBroker, on: .queueLeader), .wait(seconds: 12), .end(.isolateBroker)],
            // Both queues wait until the brokers have noticed.
            Limits(outage: 20, recovery: 180), mustViolate: .lostMessages(.mirrored))
        scenario.workload = .messages
        // A busy machine may notice the partition too late for a confirm.
        scenario.attempts = 5
        return scenario
    }()

    /// Nothing happens to the installation: what is recorded of it is made wrong.
    private static let plantedDefects: [Scenario] = PlantedDefect.allCases.map { defect in
        var scenario = Scenario(
            "planted-\(defect.rawValue)", .control, [.wait(seconds: 4)], Limits(outage: 2, recovery: 30),
            mustViolate: defect.isNoticedAs)
        scenario.planted = defect
        return scenario
    }

    /// What is judged: the record, or the record with the scenario's defect.
    ///
    /// - Throws: ``DrillError`` when the record has such a defect already, or nothing in which it could be planted.
    func judged(_ record: LoadRecord) throws(DrillError) -> LoadRecord {
        guard let planted else { return record }
        guard record.objectAudit.isClean, Linearizability.check(record.requests, initial: "") == .linearizable else {
            throw DrillError("what was recorded was wrong before anything was planted in it")
        }
        guard let changed = planted.planted(in: record) else {
            throw DrillError("nothing was recorded in which \(planted.text) could be planted")
        }
        return changed
    }
}

extension PlantedDefect {
    fileprivate var isNoticedAs: Scenario.Defect {
        switch self {
        case .staleRead: .notLinearizable
        case .lostObject: .lostObjects
        case .doubledObject: .doubledObjects
        }
    }
}
