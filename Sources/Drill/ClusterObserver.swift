import History

/// Watches from outside who has the virtual IPs, who leads the store and who leads each task while a scenario runs.
struct ClusterObserver: Sendable {
    /// From the begin of one sample of the leaders to that of the next, unless a sample takes longer.
    private static let leadersPeriod = Duration.milliseconds(200)
    /// How long one sample may take; who has what is unknown then.
    private static let patience = Duration.seconds(2)

    let installation: Installation
    let injector: any FaultInjector
    let health: InstallationHealth
    let record: ScenarioRecord

    /// Samples until cancelled. Addresses and leaders have a rhythm of their own: a status API that does not answer
    /// must not hide a virtual IP on two hosts.
    func run() async {
        await withDiscardingTaskGroup { group in
            for address in installation.virtualIPs {
                group.addTask {
                    await self.repeatedly(each: injector.holdersPeriod) { await self.sampleHolders(of: address) }
                }
            }
            group.addTask { await self.repeatedly(each: Self.leadersPeriod) { await self.sampleLeaders() } }
        }
    }

    private func repeatedly(each period: Duration, _ sample: () async -> Void) async {
        while !Task.isCancelled {
            let next = ContinuousClock.now + period
            await sample()
            try? await Task.sleep(until: next)
        }
    }

    private func sampleHolders(of address: String) async {
        let time = record.now
        let holders = await within(Self.patience) { await injector.holders(of: address) }
        guard !Task.isCancelled else { return }
        record.observe(.virtualIP(address), holders, at: time)
    }

    private func sampleLeaders() async {
        let time = record.now
        let leaders = await within(Self.patience) { await health.leaders() } ?? nil
        guard !Task.isCancelled else { return }
        record.observe(.storeLeader, leaders.map { $0.store.map { [$0] } ?? [] }, at: time)
        for task in Set(record.tasks).union(leaders?.tasks.keys.map { $0 } ?? []) {
            record.observe(.taskLeader(task), leaders.map { $0.tasks[task].map { [$0] } ?? [] }, at: time)
        }
    }
}
