import History
import Keystone
import Testbed

/// Runs scenarios one after the other: whole → load → fault → heal → whole again → verify → clean.
package struct DrillRunner: Sendable {
    /// How long the load runs before a fault and after it has ended, in seconds.
    package var settleSeconds = 3
    package var rate = 200
    private let installation: Installation
    private let injector: any FaultInjector
    private let progress: @Sendable (String) -> Void

    /// - Parameter progress: called with a line of text for each step.
    package init(
        installation: Installation, injector: any FaultInjector, progress: @escaping @Sendable (String) -> Void
    ) {
        self.installation = installation
        self.injector = injector
        self.progress = progress
    }

    /// - Throws: ``DrillError`` when the installation is not whole to begin with or a token cannot be had; nothing has
    ///   then been done to it.
    package func run(_ scenarios: [Scenario]) async throws -> DrillReport {
        let client = HTTPLoadClient()
        let token = try await issueToken()
        var results: [ScenarioResult] = []
        for scenario in scenarios {
            try await waitUntilWhole(client, seconds: 90)
            results.append(try await run(scenario, client: client, token: token))
            if Task.isCancelled { break }
        }
        await client.shutdown()
        return DrillReport(results: results)
    }

    private func issueToken() async throws -> String {
        let keystone = installation.keystone
        let locator = KeystoneLocator(
            authProtocol: keystone.authProtocol, address: keystone.address, port: keystone.authPort,
            tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.caFile))
        let found = try await locator.locate()
        let authentication = try KeystoneAuthentication(
            url: found.url, tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.caFile))
        return try await authentication.issueToken(
            Credentials(
                user: keystone.adminUser, password: keystone.adminPassword, userDomain: keystone.userDomain,
                project: keystone.adminProject, projectDomain: keystone.projectDomain)
        ).text
    }

    private func run(_ scenario: Scenario, client: HTTPLoadClient, token: String) async throws -> ScenarioResult {
        let prefix = "drill-\(scenario.name)-\(UInt32.random(in: 0 ... .max))"
        let load = Load(
            plan: Load.Plan(rate: rate),
            urls: installation.serviceAddresses.map { installation.neutronURL($0.address) },
            token: token, client: client, prefix: prefix)
        let victim = try await victim(of: scenario, client: client)
        progress("\(scenario.name): load, then the fault on \(victim)")
        try await load.prepare()
        let record = ScenarioRecord { load.now }
        let observer = ClusterObserver(
            installation: installation, injector: injector,
            health: InstallationHealth(installation: installation, client: client), record: record)
        let loading = Task { await load.run() }
        let observing = Task { await observer.run() }
        var failure: String?
        var recovery: Double?
        do {
            try await Task.sleep(for: .seconds(settleSeconds))
            recovery = try await injectAndHeal(scenario, victim: victim, client: client, record: record)
            try await Task.sleep(for: .seconds(settleSeconds))
        } catch {
            failure = "\(error)"
        }
        loading.cancel()
        observing.cancel()
        await loading.value
        await observing.value
        if failure != nil { try await injector.undoEverything() }
        return try await judge(
            scenario, victim: victim, load: load, recovery: recovery, record: record, error: failure, client: client)
    }

    /// - Returns: the seconds from the end of the fault until everything was whole; nil when that took too long.
    private func injectAndHeal(
        _ scenario: Scenario, victim: String, client: HTTPLoadClient, record: ScenarioRecord
    ) async throws -> Double? {
        record.beginFault(scenario.name, on: victim)
        try await injector.begin(scenario.fault, on: victim)
        let slept: ()? = try? await Task.sleep(for: .seconds(scenario.seconds))
        // The fault is undone in every case, also when the drill is being stopped.
        let injector = injector
        try await Task { try await injector.end(scenario.fault, on: victim) }.value
        record.endFault(scenario.name, on: victim)
        if slept == nil { throw CancellationError() }
        progress("\(scenario.name): fault ended, waiting until everything is whole")
        let healed = ContinuousClock.now
        do {
            try await waitUntilWhole(client, seconds: scenario.limits.recovery + 30)
        } catch {
            return nil
        }
        record.becomeWhole()
        return healed.duration(to: .now) / .seconds(1)
    }

    private func judge(
        _ scenario: Scenario, victim: String, load: Load, recovery: Double?, record: ScenarioRecord, error: String?,
        client: HTTPLoadClient
    ) async throws -> ScenarioResult {
        let requests = load.requests
        let present = try await load.presentPorts()
        var result = ScenarioResult(
            scenario: scenario, victim: victim, availability: Availability(of: requests),
            writes: Availability(of: requests.filter(\.operation.isWrite)),
            audit: ObjectAudit(of: requests, present: present),
            linearizability: Linearizability.check(requests, initial: ""), recovery: recovery,
            splitBrain: record.splitBrain, leftovers: [], timeline: record.timeline(of: requests), error: error)
        progress("\(scenario.name): removing \(present.count) ports of the load")
        result.leftovers = await load.clean()
        progress("\(scenario.name): \(result.passed ? "pass" : "FAIL: " + result.violations.joined(separator: "; "))")
        return result
    }

    private func victim(of scenario: Scenario, client: HTTPLoadClient) async throws -> String {
        var holder: String?
        if let address = installation.virtualIPs.first {
            let holders = await injector.holders(of: address)
            guard holders.count == 1 else {
                throw DrillError("the virtual IP \(address) is on \(holders.count) hosts, not on one")
            }
            holder = holders.first
        }
        switch scenario.victim {
        case .virtualIPHolder: return holder ?? installation.controllers[0].name
        case .storeLeader:
            let health = InstallationHealth(installation: installation, client: client)
            guard let leader = await health.storeLeader() else { throw DrillError("nobody says who leads the store") }
            return leader.name
        case .other:
            guard let other = installation.controllers.first(where: { $0.name != holder }) else {
                throw DrillError("there is only one controller")
            }
            return other.name
        }
    }

    private func waitUntilWhole(_ client: HTTPLoadClient, seconds: Double) async throws {
        let health = InstallationHealth(installation: installation, client: client)
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            var complaints = await health.complaints()
            for address in installation.virtualIPs {
                let holders = await injector.holders(of: address)
                if holders.count != 1 { complaints.append("\(address) is on \(holders.count) hosts") }
            }
            for controller in installation.controllers {
                complaints += await injector.inactiveUnits(on: controller.name).map { "\(controller.name): \($0)" }
            }
            if complaints.isEmpty { return }
            if ContinuousClock.now > deadline {
                throw DrillError("the installation is not whole: \(complaints.joined(separator: "; "))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
