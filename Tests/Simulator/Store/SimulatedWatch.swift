import SeededChance
import Store
import StoreContents

/// One watch: delivers the store's history late, in pieces, and sometimes ends.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class SimulatedWatch: @unchecked Sendable {
    private let store: SimulatedStore
    private let process: SimulatedProcess
    private let prefix: String
    private let onCompaction: () -> Void
    private let feed = WatchFeed()
    private var position: Revision
    private var isDelivering = false
    private var hasEnded = false

    /// - Parameter onCompaction: called when the history that the watch would deliver next is gone.
    init(
        store: SimulatedStore, process: SimulatedProcess, prefix: String, after revision: Revision,
        onCompaction: @escaping () -> Void
    ) {
        self.store = store
        self.process = process
        self.prefix = prefix
        self.onCompaction = onCompaction
        position = revision
    }

    func start() -> AsyncThrowingStream<WatchBatch, any Error> {
        store.scheduler.after(store.latency()) {
            if self.store.isReachable(from: self.process) {
                self.store.add(self)
                self.storeChanged()
            } else {
                self.store.scheduler.after(.second) { self.end(.unavailable, "no member answers") }
            }
        }
        return feed.stream(onEnd: { self.stop() })
    }

    /// There is something new, or was already.
    func storeChanged() {
        guard !isDelivering, !hasEnded else { return }
        isDelivering = true
        store.scheduler.after(store.latency()) { self.deliver() }
    }

    private func deliver() {
        isDelivering = false
        guard !hasEnded else { return }
        guard store.isReachable(from: process) else {
            // Three seconds without a sign of life, from some member that is silent.
            store.scheduler.after(3 * .second) { self.end(.unavailable, "no sign of life") }
            return
        }
        if position < store.contents.compacted, store.defect != .watchHidesCompaction {
            onCompaction()
            return end(.compacted, "revision \(position) is compacted")
        }
        if store.scheduler.chance.happens(store.weather.brokenWatches) {
            return end(store.defect == .watchInventsCompaction ? .compacted : .unavailable, "connection lost")
        }
        let batches = store.contents.batches(after: position)
        let count = 1 + store.scheduler.chance.number(below: max(1, batches.count))
        var delivered = Array(batches.prefix(count))
        if store.defect == .watchSwapsBatches { delivered.reverse() }
        for batch in delivered {
            position = max(position, batch.revision)
            if store.strikes(.watchSkipsBatch, 0.02) { continue }
            let events = batch.events.filter { $0.key.hasPrefix(prefix) }
            _ = feed.offer(WatchBatch(revision: batch.revision, events: events))
        }
        if batches.count > count { storeChanged() }
    }

    private func end(_ code: StoreError.Code, _ reason: String) {
        guard !hasEnded else { return }
        store.scheduler.note("\(process.name): a watch ends: \(reason)")
        feed.finish(throwing: StoreError(code, "simulated: \(reason)"))
        stop()
    }

    private func stop() {
        hasEnded = true
        store.remove(self)
    }
}
