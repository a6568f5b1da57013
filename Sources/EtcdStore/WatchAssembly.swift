import EtcdAPI
import Store

/// Cuts what etcd sends on one watch into whole revisions, whichever way it was packed: several revisions in one
/// message, one revision over several messages (`fragment`), and messages that were sent twice.
struct WatchAssembly {
    private let space: KeySpace
    private let prefix: String
    /// Everything up to here has been handed out.
    private(set) var position: Revision
    /// The revision that is being assembled, and its events below the prefix so far.
    private var current: Revision
    private var events: [WatchEvent] = []

    init(space: KeySpace, prefix: String, after revision: Revision) {
        self.space = space
        self.prefix = prefix
        position = revision
        current = revision
    }

    /// The batches that a message completes: one for each revision with events below the prefix, and a notice of
    /// progress when revisions without any come last.
    ///
    /// The header's revision is not used: etcd before 3.4.25 and 3.5.8 sends answers to requests for progress past
    /// events that are still waiting to be sent, and a replica that believes them would miss those events.
    mutating func take(_ response: Etcdserverpb_WatchResponse) -> [WatchBatch] {
        let before = position
        var batches: [WatchBatch] = []
        for event in response.events {
            let revision = Revision(event.kv.modRevision)
            guard revision > position else { continue }
            if revision > current, let batch = complete() { batches.append(batch) }
            current = max(current, revision)
            if let event = translate(event, revision) { events.append(event) }
        }
        // Without the mark a message ends with the end of a revision.
        if !response.fragment, let batch = complete() { batches.append(batch) }
        if position > batches.last?.revision ?? before { batches.append(WatchBatch(revision: position, events: [])) }
        return batches
    }

    private mutating func complete() -> WatchBatch? {
        position = current
        defer { events = [] }
        return events.isEmpty ? nil : WatchBatch(revision: current, events: events)
    }

    private func translate(_ event: Etcdserverpb_Event, _ revision: Revision) -> WatchEvent? {
        guard let name = space.name(event.kv.key), name.utf8.starts(with: prefix.utf8), name != ProgressMark.key else {
            return nil
        }
        guard event.type != .delete else { return .delete(name) }
        return .put(
            StoredEntry(
                key: name, value: [UInt8](event.kv.value), created: Revision(event.kv.createRevision),
                modified: revision))
    }
}
