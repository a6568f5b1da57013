/// Finds the host that a fault is to happen to, at the moment when it happens.
struct VictimChooser: Sendable {
    let installation: Installation
    let injector: any FaultInjector
    let health: InstallationHealth

    /// - Throws: ``DrillError`` when no host fits, also after waiting: during a failover nobody may.
    func hosts(_ victim: Scenario.Victim) async throws -> [String] {
        switch victim {
        case .every, .everyInTurn: return installation.controllers.map(\.name)
        case .virtualIPHolder: return [try await holder() ?? installation.controllers[0].name]
        case .other:
            let holder = try await holder() ?? installation.controllers[0].name
            return try one(installation.controllers.map(\.name).filter { $0 != holder }, victim)
        case .storeLeader: return [try await leader()]
        case .storeFollower:
            let leader = try await leader()
            return try one(installation.controllers.map(\.name).filter { $0 != leader }, victim)
        case .identity:
            guard let host = installation.identityHost else {
                throw DrillError("Keystone is on no host of the testbed")
            }
            return [host]
        case .queueLeader:
            guard let leader = MessageLoad.leader(of: installation.controllers) else {
                throw DrillError("there is no host that is '\(victim.rawValue)'")
            }
            return [leader.name]
        case .same: return []
        }
    }

    private func one(_ names: [String], _ victim: Scenario.Victim) throws -> [String] {
        guard let name = names.first else { throw DrillError("there is no host that is '\(victim.rawValue)'") }
        return [name]
    }

    /// The one host that has the virtual IP; nil in an installation without one.
    private func holder() async throws -> String? {
        guard let address = installation.virtualIPs.first else { return nil }
        return try await eventually("the virtual IP \(address) is not on one host") {
            let holders = await injector.holders(of: address)
            return holders.count == 1 ? holders[0] : nil
        }
    }

    private func leader() async throws -> String {
        try await eventually("nobody says who leads the store") { await health.storeLeader()?.name }
    }

    private func eventually(_ complaint: String, _ body: () async -> String?) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            if let found = await body() { return found }
            guard ContinuousClock.now < deadline else { throw DrillError(complaint) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
