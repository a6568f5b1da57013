import Broker
import History
import Keystone
import Testbed

/// Runs scenarios one after the other: whole → load → faults → whole again → verify → clean.
package struct DrillRunner: Sendable {
    /// How long the load runs before the first fault and after everything is whole again, in seconds.
    package var settleSeconds = 3
    package var load = LoadPlan()
    /// How often each scenario is run.
    package var repetitions = 1
    /// How the brokers are logged in to, for ``Scenario/Workload/messages``.
    package var broker: BrokerAccess?
    private let installation: Installation
    private let injector: JournaledInjector
    private let progress: @Sendable (String) -> Void

    /// - Parameter progress: called with a line of text for each step.
    package init(
        installation: Installation, injector: JournaledInjector, progress: @escaping @Sendable (String) -> Void
    ) {
        self.installation = installation
        self.injector = injector
        self.progress = progress
    }

    /// Runs scenarios that the installation has no ``FaultInjector/obstacle(to:)`` for; cancelled, it ends the fault of
    /// the moment, cleans up, and returns what it has. It does so as well when the installation does not become whole
    /// between two scenarios.
    ///
    /// - Throws: ``DrillError`` when the installation is not whole to begin with or a token cannot be had; nothing has
    ///   then been done to it.
    package func run(_ scenarios: [Scenario]) async throws -> DrillReport {
        let client = HTTPLoadClient()
        var results: [ScenarioResult] = []
        do {
            try await waitUntilWhole(client, seconds: 90)
            let leftovers = LoadLeftovers(
                client: client, url: installation.neutronURL(installation.serviceAddresses[0].address),
                token: try await issueToken())
            let removed = try await leftovers.remove()
            if removed > 0 { progress("removed \(removed) networks that an earlier drill had left") }
            for scenario in scenarios {
                for _ in 0..<max(1, repetitions) where !Task.isCancelled {
                    results.append(try await conclude(scenario, client: client))
                }
            }
        } catch {
            await client.shutdown()
            if !(error is CancellationError || Task.isCancelled) {
                // What was measured before is not lost for that.
                guard !results.isEmpty else { throw error }
                progress("the drill ends here: \(error)")
            }
            return DrillReport(results: results)
        }
        await client.shutdown()
        return DrillReport(results: results)
    }

    /// Runs a scenario, a control as often as it takes until there was something to notice.
    private func conclude(_ scenario: Scenario, client: HTTPLoadClient) async throws -> ScenarioResult {
        var attempt = 1
        while true {
            try await waitUntilWhole(client, seconds: 90)
            var result = try await run(scenario, client: client, token: try await issueToken())
            result.attempt = attempt
            if !result.isInconclusive || attempt >= scenario.attempts {
                progress(
                    "\(scenario.name): "
                        + (result.passed ? "pass" : "FAIL: " + result.violations.joined(separator: "; ")))
                return result
            }
            progress("\(scenario.name): nothing to notice in run \(attempt) of at most \(scenario.attempts)")
            attempt += 1
        }
    }

    private func issueToken() async throws -> String {
        let keystone = installation.keystone
        let found = try await installation.keystoneLocator.locate()
        let authentication = try KeystoneAuthentication(
            url: found.url, tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.caFile))
        return try await authentication.issueToken(
            Credentials(
                user: keystone.adminUser, password: keystone.adminPassword, userDomain: keystone.userDomain,
                project: keystone.adminProject, projectDomain: keystone.projectDomain)
        ).text
    }

    private func run(_ scenario: Scenario, client: HTTPLoadClient, token: String) async throws -> ScenarioResult {
        let load = try makeLoad(for: scenario, client: client, token: token)
        let chooser = VictimChooser(
            installation: installation, injector: injector,
            health: InstallationHealth(installation: installation, client: client))
        let progress = progress
        let record = ScenarioRecord { load.recorder.now }
        let greedy = scenario.isGreedy ? GreedyClient(installation, client: client, token: token, record: record) : nil
        let sequence = FaultSequence(injector: injector) { victim in
            try await chooser.hosts(victim)
        } awaitWhole: { seconds in
            try await waitUntilWhole(client, seconds: seconds)
        } beGreedy: { seconds in
            await greedy?.run(seconds: seconds) { progress("\(scenario.name): \($0)") }
        } observe: { event in
            if event.isBegin || !event.fault.endsItself {
                progress("\(scenario.name): \(event.host): \(event.isBegin ? "" : "ended: ")\(event.fault.text)")
            }
            if event.isBegin {
                record.beginFault(event.fault.text, on: event.host)
            } else {
                record.endFault(event.fault.text, on: event.host)
            }
        }
        let observer = ClusterObserver(
            installation: installation, injector: injector,
            health: InstallationHealth(installation: installation, client: client), record: record)
        var failure: String?
        var outcome = (healed: nil as Int64?, recovery: nil as Double?)
        do {
            try await sequence.run(scenario.preparation, of: scenario)
            try await load.prepare()
            try await greedy?.prepare { progress("\(scenario.name): \($0)") }
            let loading = Task { await load.run() }
            let observing = Task { await observer.run() }
            do {
                outcome = try await measure(scenario, sequence, load, record, client)
            } catch {
                failure = "\(error)"
                // Before anything else: requests under way may still wait for seconds.
                _ = await Task { await endFaults(sequence) }.value
            }
            loading.cancel()
            observing.cancel()
            await loading.value
            await observing.value
        } catch {
            failure = "\(error)"
        }
        // In every case, also when the drill is being stopped: the faults end and the load's objects go.
        let (ended, cause) = (outcome, failure)
        let result = try await Task {
            let left = await endFaults(sequence)
            var result = try await judge(
                scenario, victims: await sequence.victims, load: load, healed: ended.healed, recovery: ended.recovery,
                record: record, error: ([cause].compactMap(\.self) + left).first)
            if let greedy {
                result.greedy = greedy.answers
                result.leftovers += await greedy.clean()
            }
            return result
        }.value
        try Task.checkCancellation()
        return result
    }

    private func makeLoad(for scenario: Scenario, client: HTTPLoadClient, token: String) throws -> any ScenarioLoad {
        let prefix = "drill-\(scenario.name)-\(UInt32.random(in: 0 ... .max))"
        switch scenario.workload {
        case .requests:
            return NeutronLoad(
                plan: load, urls: installation.serviceAddresses.map { installation.neutronURL($0.address) },
                token: token, client: client, prefix: prefix)
        case .messages:
            guard let broker else { throw DrillError("\(scenario.name): nothing says how to log in to the brokers") }
            let controllers = installation.controllers
            let longest = scenario.limits.recovery + 60 + Double(2 * settleSeconds)
            return MessageLoad(plan: load, prefix: prefix, brokers: controllers.count, lasting: Int(longest)) { index in
                try RabbitMQBroker(broker.configuration(preferring: index, of: controllers))
            }
        }
    }

    /// Carries out the steps under load.
    ///
    /// - Returns: when the last step was done, on the load's clock, and the seconds from then until everything was
    ///   whole; nil when that took too long.
    private func measure(
        _ scenario: Scenario, _ sequence: FaultSequence, _ load: any ScenarioLoad, _ record: ScenarioRecord,
        _ client: HTTPLoadClient
    ) async throws -> (healed: Int64?, recovery: Double?) {
        try await Task.sleep(for: .seconds(settleSeconds))
        try await sequence.run(scenario.steps, of: scenario)
        let healed = load.recorder.now
        progress("\(scenario.name): waiting until everything is whole")
        do {
            try await waitUntilWhole(client, seconds: scenario.limits.recovery + 30)
        } catch let error as DrillError {
            progress("\(scenario.name): \(error)")
            return (healed, nil)
        }
        record.becomeWhole()
        let recovery = Double(load.recorder.now - healed) / 1_000_000
        try await Task.sleep(for: .seconds(settleSeconds))
        return (healed, recovery)
    }

    /// - Returns: what could not be undone, in words.
    private func endFaults(_ sequence: FaultSequence) async -> [String] {
        do {
            try await sequence.endAll()
            return []
        } catch {
            // Once more, from the journal: what failed may have been in the way of itself.
            return await injector.undoEverything()
        }
    }

    private func judge(
        _ scenario: Scenario, victims: [String], load: any ScenarioLoad, healed: Int64?, recovery: Double?,
        record: ScenarioRecord, error: String?
    ) async throws -> ScenarioResult {
        let collected = try await load.collect()
        var (judged, failure) = (collected, error)
        if failure == nil {
            do { judged = try scenario.judged(collected) } catch { failure = error.message }
        }
        let requests = judged.requests
        var result = ScenarioResult(
            scenario: scenario, victim: victims.joined(separator: ", "), availability: Availability(of: requests),
            writes: Availability(of: requests.filter(\.operation.isWrite)), audit: judged.objectAudit,
            linearizability: Linearizability.check(requests, initial: ""), recovery: recovery,
            splitBrain: record.splitBrain, leftovers: [], timeline: record.timeline(of: requests), error: failure)
        result.messages = judged.messageAudits
        result.serving = healed.flatMap { ScenarioResult.serving(requests, after: $0) }
        result.load = load.schedule.pace
        progress("\(scenario.name): removing what the load has made")
        result.leftovers = await load.clean()
        return result
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
