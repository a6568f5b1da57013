import SeededChance
import Store
import StoreContents

/// The store's cluster as seen from outside: one history, which messages reach late or never.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
package final class SimulatedStore: @unchecked Sendable {
    package let scheduler: Scheduler
    package private(set) var weather: Weather
    package let defect: Defect?
    package private(set) var contents: StoreContents
    /// Everything that was committed since the simulation began, in order; no compaction shortens it.
    package private(set) var log: [LogEntry] = []
    /// Commits that have been sent and may still be done.
    package internal(set) var commitsUnderWay = 0
    /// Processes that cannot reach it; the others can.
    package var cutOff: Set<Int> = []
    /// Without a majority it answers nobody.
    package var isAway = false
    /// Its disk is full: it refuses to change anything.
    package var isFull = false
    private var deadlines: [LeaseID: SimulatedTime] = [:]
    private var terms: [LeaseID: Int] = [:]
    private var watches: [SimulatedWatch] = []

    package init(contents: StoreContents, scheduler: Scheduler, weather: Weather, defect: Defect?) {
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

    func commit(_ transaction: Transaction, from process: SimulatedProcess) throws(StoreError) -> CommitOutcome {
        if isFull { throw StoreError(.full, "simulated: no space") }
        if strikes(.storeDropsCommit, 0.02) { return .committed(contents.revision) }
        let before = contents.revision
        let outcome = try contents.commit(distorted(transaction))
        if case .committed = outcome { record(transaction, by: process.name, since: before) }
        return outcome
    }

    func newestRevision() -> Revision {
        guard strikes(.storeServesOldRevision, 0.5) else { return contents.revision }
        return Revision(max(0, contents.revision.number - 5))
    }

    func list(prefix: String) -> Listing {
        let listing = contents.list(prefix: prefix)
        guard strikes(.storeListsLess, 0.2) else { return listing }
        return Listing(revision: listing.revision, entries: Array(listing.entries.dropLast()))
    }

    func grantLease(seconds: Int) throws(StoreError) -> LeaseID {
        guard (1...StoreLimits.leaseSeconds).contains(seconds) else {
            throw StoreError(.invalid, "a lease of \(seconds) seconds; from 1 to \(StoreLimits.leaseSeconds)")
        }
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

    /// Ends a lease because a process wants it, or because its time is over.
    func endLease(_ lease: LeaseID, by process: SimulatedProcess?) {
        let before = contents.revision
        contents.endLease(lease)
        terms[lease] = nil
        deadlines[lease] = nil
        record(Transaction(), by: process?.name, since: before)
    }

    /// Ends every fault that has an end.
    package func heal() {
        isAway = false
        isFull = false
        cutOff = []
        weather.lateRequests = 0
    }

    /// Forgets most of the history.
    package func compact() {
        scheduler.note("the store is compacted at \(contents.revision)")
        contents.compact(through: contents.revision)
    }

    func add(_ watch: SimulatedWatch) { watches.append(watch) }

    func remove(_ watch: SimulatedWatch) { watches.removeAll { $0 === watch } }

    /// A lease ends some time after its term, never before.
    private func keep(_ lease: LeaseID, seconds: Int) {
        if defect == .leaseNeverEnds { return }
        let term = strikes(.leaseEndsEarly, 1) ? seconds * .second / 20 : seconds * .second
        let deadline = scheduler.time + term
        deadlines[lease] = deadline
        scheduler.after(term + scheduler.chance.time(0...(.second))) {
            guard self.deadlines[lease] == deadline else { return }
            // Without a majority there is nobody who could end it.
            if self.isAway { self.keep(lease, seconds: 1) } else { self.endLease(lease, by: nil) }
        }
    }

    private func record(_ transaction: Transaction, by writer: String?, since before: Revision) {
        let events = contents.batches(after: before).flatMap(\.events)
        log.append(LogEntry(time: scheduler.time, writer: writer, transaction: transaction, events: events))
        guard !events.isEmpty else { return }
        for watch in watches { watch.storeChanged() }
    }
}
