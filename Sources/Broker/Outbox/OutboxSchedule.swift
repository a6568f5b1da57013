/// Decides which entries of the outbox to publish next and which to remove; a value without clock or connection.
///
/// The loop around it feeds it events and does what it returns. What holds in every order of events:
/// - Notices of one object leave in the store's order: one is sent only after the one before it was confirmed, so that
///   publishing again after a failure can overtake nothing. Notices of different objects go in parallel.
/// - An entry is removed only after its confirm, and entries of one object in their order.
/// - Nothing is lost by a failure; an entry may be published twice, with the same message id.
package struct OutboxSchedule: Sendable {
    /// An entry of the outbox by its place.
    package struct Entry: Hashable, Sendable {
        /// The entry's key in the store; ascending keys are the store's order.
        package var key: String
        /// The object whose notices must stay in order.
        package var object: String

        package init(key: String, object: String) {
            self.key = key
            self.object = object
        }
    }

    /// What the loop around it has to do.
    package enum Action: Hashable, Sendable {
        /// Publish these at once and in parallel; then say ``OutboxSchedule/confirmed(_:)``,
        /// ``OutboxSchedule/failed(_:)`` or ``OutboxSchedule/setAside(_:)`` for each.
        case publish([Entry])
        /// Remove these keys from the outbox in one transaction; then say ``OutboxSchedule/removed()`` or
        /// ``OutboxSchedule/removalFailed()``.
        case remove([String])
        /// Wait for a moment, then say ``OutboxSchedule/gathered()``: what is confirmed meanwhile is removed together, since
        /// a transaction for each entry would be most of what the store does.
        case gather
        /// Wait, longer with each attempt (from 1), then say ``OutboxSchedule/resumed()``.
        case pause(attempt: Int)
        /// List the outbox again from its beginning, and say ``OutboxSchedule/listed(_:)``.
        case reload
    }

    /// The sizes it works within.
    package struct Limits: Hashable, Sendable {
        /// Notices published and not yet confirmed.
        package var inFlight = 256
        /// Entries removed by one transaction.
        package var removalBatch = 500
        /// Entries it remembers; when the outbox is longer it asks for the rest later, by ``Action/reload``.
        package var entries = 50_000

        package init() {}
    }

    private struct Queue {
        /// Keys not yet published, ascending.
        var waiting: [String] = []
        /// The key that is published and not confirmed.
        var inFlight: String?
        /// Whether its first waiting notice cannot be published at all, which holds up those behind it.
        var isSetAside = false
    }

    private let limits: Limits
    private var queues: [String: Queue] = [:]
    private var objects: [String: String] = [:]
    /// Objects whose first waiting notice may go, in the order they became so.
    private var ready: [String] = []
    private var readyStart = 0
    private var confirmedKeys: [String] = []
    private var removing: [String] = []
    private var isGathering = false
    private var hasGathered = false
    private var inFlightCount = 0
    private var failures = 0
    private var isPaused = false
    /// Whether the outbox has entries beyond those that are remembered; then newer ones are not taken either, since
    /// they might belong behind them, until the outbox is listed again.
    private var isTruncated = false
    private var isReloading = false
    private var setAsideKeys: Set<String> = []

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Entries known and not yet removed.
    package var count: Int { objects.count }
    /// Entries published and not yet confirmed.
    package var outstanding: Int { inFlightCount }
    /// Keys of entries that cannot be published; their objects' later notices wait behind them.
    package var heldUp: Set<String> { setAsideKeys }

    /// The whole outbox in ascending order: at the start, and after ``Action/reload``.
    package mutating func listed(_ entries: [Entry]) -> [Action] {
        isTruncated = false
        isReloading = false
        return appended(entries)
    }

    /// Entries that are new in the outbox since it was listed, in ascending order; those it knows are passed over.
    package mutating func appended(_ entries: [Entry]) -> [Action] {
        for entry in entries where objects[entry.key] == nil && !isTruncated {
            guard objects.count < limits.entries else {
                isTruncated = true
                break
            }
            objects[entry.key] = entry.object
            let position = queues[entry.object]?.waiting.lastIndex { $0 < entry.key }.map { $0 + 1 } ?? 0
            queues[entry.object, default: Queue()].waiting.insert(entry.key, at: position)
            if position == 0 { makeReady(entry.object) }
        }
        return next()
    }

    /// The broker has confirmed all messages of an entry.
    package mutating func confirmed(_ key: String) -> [Action] {
        guard land(key) != nil else { return [] }
        failures = 0
        confirmedKeys.append(key)
        return next()
    }

    /// An entry was not published, or nobody knows; it will be published again.
    package mutating func failed(_ key: String) -> [Action] {
        guard let object = land(key) else { return [] }
        queues[object, default: Queue()].waiting.insert(key, at: 0)
        makeReady(object)
        return pause()
    }

    /// An entry can never be published: it cannot be read, or the broker refuses it for good. It stays in the outbox
    /// for an operator, and later notices of its object behind it.
    package mutating func setAside(_ key: String) -> [Action] {
        guard let object = land(key) else { return [] }
        queues[object, default: Queue()].waiting.insert(key, at: 0)
        queues[object]?.isSetAside = true
        setAsideKeys.insert(key)
        return next()
    }

    /// The pause is over.
    package mutating func resumed() -> [Action] {
        isPaused = false
        return next()
    }

    /// The moment of ``Action/gather`` is over.
    package mutating func gathered() -> [Action] {
        isGathering = false
        hasGathered = true
        return next()
    }

    /// The transaction of the last ``Action/remove(_:)`` is committed.
    package mutating func removed() -> [Action] {
        for key in removing { objects[key] = nil }
        removing = []
        guard isTruncated, !isReloading, objects.count <= limits.entries / 2 else { return next() }
        isReloading = true
        return [.reload] + next()
    }

    /// The transaction of the last ``Action/remove(_:)`` failed, or nobody knows.
    package mutating func removalFailed() -> [Action] {
        confirmedKeys.insert(contentsOf: removing, at: 0)
        removing = []
        return pause()
    }

    // MARK: - Inside

    /// Takes an entry out of flight; nil when it is not in flight.
    private mutating func land(_ key: String) -> String? {
        guard let object = objects[key], queues[object]?.inFlight == key else { return nil }
        queues[object]?.inFlight = nil
        inFlightCount -= 1
        if queues[object]?.waiting.isEmpty == true { queues[object] = nil } else { makeReady(object) }
        return object
    }

    private mutating func makeReady(_ object: String) {
        guard queues[object]?.inFlight == nil else { return }
        ready.append(object)
    }

    private mutating func pause() -> [Action] {
        guard !isPaused else { return [] }
        isPaused = true
        failures += 1
        return [.pause(attempt: failures)]
    }

    private mutating func next() -> [Action] {
        guard !isPaused else { return [] }
        var actions: [Action] = []
        if removing.isEmpty, !confirmedKeys.isEmpty {
            if hasGathered || confirmedKeys.count >= limits.removalBatch {
                removing = Array(confirmedKeys.prefix(limits.removalBatch))
                confirmedKeys.removeFirst(removing.count)
                hasGathered = false
                actions.append(.remove(removing))
            } else if !isGathering {
                isGathering = true
                actions.append(.gather)
            }
        }
        let entries = takeReady()
        if !entries.isEmpty { actions.append(.publish(entries)) }
        return actions
    }

    private mutating func takeReady() -> [Entry] {
        // After a failure one entry tests whether the broker is back, instead of all of them.
        let window = failures > 0 ? 1 : limits.inFlight
        var entries: [Entry] = []
        while inFlightCount < window, readyStart < ready.count {
            let object = ready[readyStart]
            readyStart += 1
            // An object may stand here twice, or no longer be ready; only the queue's own state counts.
            guard let queue = queues[object], queue.inFlight == nil, !queue.isSetAside, let key = queue.waiting.first
            else { continue }
            queues[object]?.waiting.removeFirst()
            queues[object]?.inFlight = key
            inFlightCount += 1
            entries.append(Entry(key: key, object: object))
        }
        if readyStart > 1_000, readyStart * 2 > ready.count {
            ready.removeFirst(readyStart)
            readyStart = 0
        }
        return entries
    }
}
