import Store
import StoreContents

/// The store's cluster as seen from outside: one history, which messages reach late or never.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class SimulatedStore: @unchecked Sendable {
    let scheduler: Scheduler
    let weather: Weather
    let defect: Defect?
    private(set) var contents: StoreContents
    /// Processes that cannot reach it; the others can.
    var cutOff: Set<Int> = []
    /// Without a majority it answers nobody.
    var isAway = false
    /// Its disk is full: it refuses to change anything.
    var isFull = false
    private var deadlines: [LeaseID: SimulatedTime] = [:]
    private var watches: [SimulatedWatch] = []

    init(contents: StoreContents, scheduler: Scheduler, weather: Weather, defect: Defect?) {
        self.contents = contents
        self.scheduler = scheduler
        self.weather = weather
        self.defect = defect
    }

    func isReachable(from process: SimulatedProcess) -> Bool {
        !isAway && !cutOff.contains(process.number)
    }

    /// How long a message is on its way.
    func latency() -> SimulatedTime {
        let isSlow = scheduler.chance.happens(weather.slowMessages)
        return scheduler.chance.time(isSlow ? 10_000...400_000 : 200...4_000)
    }

    func commit(_ transaction: Transaction) throws(StoreError) -> CommitOutcome {
        if isFull { throw StoreError(.full, "simulated: no space") }
        var transaction = transaction
        transaction.preconditions.removeAll(where: isIgnored)
        let before = contents.revision
        let outcome = try contents.commit(transaction)
        if contents.revision > before { changed() }
        return outcome
    }

    func newestRevision() -> Revision {
        guard defect == .storeServesOldRevision, scheduler.chance.happens(0.5) else { return contents.revision }
        return Revision(max(0, contents.revision.number - 5))
    }

    func grantLease(seconds: Int) -> LeaseID {
        let lease = contents.grantLease()
        keep(lease, seconds: seconds)
        terms[lease] = seconds
        return lease
    }

    func keepAlive(_ lease: LeaseID) throws(StoreError) {
        guard contents.isAlive(lease), let seconds = terms[lease] else {
            throw StoreError(.leaseNotFound, "lease \(lease.number) has ended")
        }
        keep(lease, seconds: seconds)
    }

    func endLease(_ lease: LeaseID) {
        let before = contents.revision
        contents.endLease(lease)
        terms[lease] = nil
        if contents.revision > before { changed() }
    }

    /// Forgets most of the history.
    func compact() {
        scheduler.note("the store is compacted at \(contents.revision)")
        contents.compact(through: contents.revision)
    }

    func add(_ watch: SimulatedWatch) { watches.append(watch) }

    func remove(_ watch: SimulatedWatch) { watches.removeAll { $0 === watch } }

    private var terms: [LeaseID: Int] = [:]

    /// A lease ends some time after its term, never before.
    private func keep(_ lease: LeaseID, seconds: Int) {
        let deadline = scheduler.time + seconds * .second
        deadlines[lease] = deadline
        scheduler.after(seconds * .second + scheduler.chance.time(0...(.second))) {
            guard self.deadlines[lease] == deadline else { return }
            // Without a majority there is nobody who could end it.
            if self.isAway { self.keep(lease, seconds: 1) } else { self.endLease(lease) }
        }
    }

    private func changed() {
        for watch in watches { watch.storeChanged() }
    }

    private func isIgnored(_ precondition: Precondition) -> Bool {
        switch (precondition, defect) {
        case (.absent, .storeIgnoresAbsent), (.unmodified, .storeIgnoresUnmodified),
            (.emptyRange, .storeIgnoresEmptyRange):
            true
        default: false
        }
    }
}
