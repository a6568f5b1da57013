import GRDB
import Store
import Synchronization

/// The watches of one store, and the newest durable revision.
final class WatchList: Sendable {
    private struct State {
        var newest = Revision.none
        var watches: [ObjectIdentifier: Watch] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    var newest: Revision { state.withLock(\.newest) }

    /// Sets where the history ends when the store is opened.
    func begin(at revision: Revision) {
        state.withLock { $0.newest = revision }
    }

    /// Tells all watches what has become durable; called on the writer's thread, in order.
    func publish(_ batches: [WatchBatch], newest: Revision) {
        let watches = state.withLock { state in
            state.newest = newest
            return Array(state.watches.values)
        }
        guard !batches.isEmpty else { return }
        for watch in watches { watch.publish(batches, newest: newest) }
    }

    func add(_ watch: Watch) {
        let isClosed = state.withLock { state in
            if !state.isClosed { state.watches[ObjectIdentifier(watch)] = watch }
            return state.isClosed
        }
        if isClosed { watch.finish(StoreError(.unavailable, "the store is closed")) }
    }

    func remove(_ watch: ObjectIdentifier) {
        state.withLock { $0.watches[watch] = nil }
    }

    func close() {
        let watches = state.withLock { state in
            state.isClosed = true
            defer { state.watches = [:] }
            return Array(state.watches.values)
        }
        for watch in watches { watch.finish(StoreError(.unavailable, "the store is closed")) }
    }
}

/// One watch: fed by the writer while it keeps up, and from the log of changes while it does not.
final class Watch: Sendable {
    private struct State {
        /// What has been offered to the consumer.
        var position: Revision
        /// Whether the log has changes that were not offered; then the writer's are not offered either.
        var isBehind = true
    }

    private let state: Mutex<State>
    private let prefix: String
    let feed = WatchFeed()

    init(prefix: String, after revision: Revision) {
        self.prefix = prefix
        state = Mutex(State(position: revision))
    }

    var isBehind: Bool { state.withLock(\.isBehind) }

    func finish(_ error: StoreError) {
        feed.finish(throwing: error)
    }

    /// Offers what has just become durable; on the writer's thread.
    func publish(_ batches: [WatchBatch], newest: Revision) {
        state.withLock { state in
            guard !state.isBehind else { return }
            for batch in batches where batch.revision > state.position {
                let events = batch.events.filter { $0.key.utf8.starts(with: prefix.utf8) }
                guard !events.isEmpty else { continue }
                offer(WatchBatch(revision: batch.revision, events: events), &state)
                if state.isBehind { return }
            }
            if state.position < newest { offer(WatchBatch(revision: newest, events: []), &state) }
        }
    }

    /// Offers the next part of the log; on the writer's thread, so that nothing is published meanwhile.
    func catchUp(_ database: Database) {
        state.withLock { state in
            guard state.isBehind else { return }
            do {
                let page = try ChangeLog.read(database, prefix: prefix, after: state.position)
                state.isBehind = false
                for batch in page.batches {
                    offer(batch, &state)
                    if state.isBehind { return }
                }
                state.isBehind = try page.end < History(database).revision
            } catch {
                feed.finish(throwing: error as? StoreError ?? StoreError(error))
            }
        }
    }

    private func offer(_ batch: WatchBatch, _ state: inout State) {
        if feed.offer(batch) { state.position = batch.revision } else { state.isBehind = true }
    }
}
