import DequeModule

/// Decides which entries of the outbox to publish next and which to remove; a value without clock or connection.
///
/// The loop around it feeds it events and does what it returns. What holds in every order of events:
/// - Notices of one object leave in the store's order: one is sent only after the one before it was confirmed, so that
///   publishing again after a failure can overtake nothing. Notices of different objects go in parallel.
/// - An entry is removed only after its confirm, and entries of one object in their order.
/// - One that can never be published holds up nobody: it is moved out of the way, and those behind it go on.
/// - Nothing is lost by a failure; an entry may be published twice, with the same message id.
package struct OutboxSchedule: Sendable {
    /// An entry of the outbox by its place.
    package struct Entry: Hashable, Sendable {
        /// The entry's key; ascending keys are the store's order.
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
        /// ``OutboxSchedule/failed(_:)`` or ``OutboxSchedule/refused(_:)`` for each.
        case publish([Entry])
        /// Remove these keys from the outbox in one transaction; then say ``OutboxSchedule/removed()`` or
        /// ``OutboxSchedule/removalFailed()``.
        case remove([String])
        /// Move this entry out of the outbox to those that are set aside, in one transaction; then say
        /// ``OutboxSchedule/movedAside()``, as soon as the replica has it, or after a while ``OutboxSchedule/moveFailed()``.
        case setAside(String)
        /// Wait for a moment, then say ``OutboxSchedule/gathered()``: what is confirmed meanwhile is removed together, since
        /// a transaction for each entry would be most of what the store does.
        case gather
        /// Wait, longer with each attempt (from 1), then say ``OutboxSchedule/resumed()``.
        case pause(attempt: Int)
    }

    /// The sizes it works within.
    package struct Limits: Hashable, Sendable {
        /// Notices published and not yet confirmed.
        package var inFlight = 256
        /// Entries removed by one transaction.
        package var removalBatch = 500
        /// Entries it knows at once; the others stay in the outbox until there is ``OutboxSchedule/room``. Enough that
        /// many different objects are among them, and few enough to cost nothing while a broker is away.
        package var entries = 4_096

        package init() {}
    }

    private struct Queue {
        /// Keys not yet published, ascending.
        var waiting: Deque<String> = []
        /// The key that is published and not confirmed.
        var inFlight: String?
    }

    private let limits: Limits
    private var queues: [String: Queue] = [:]
    private var objects: [String: String] = [:]
    /// The keys of ``objects`` that wait in no queue.
    private var leaving: Set<String> = []
    /// Objects whose first waiting notice may go, in the order they became so.
    private var ready: [String] = []
    private var readyStart = 0
    private var confirmedKeys: [String] = []
    private var removing: [String] = []
    /// Keys that can never be published and are still in the outbox.
    private var refusedKeys: Deque<String> = []
    private var isMoving = false
    private var isGathering = false
    private var hasGathered = false
    private var inFlightCount = 0
    private var failures = 0
    private var isPaused = false

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Entries known and not yet removed.
    package var count: Int { objects.count }
    /// How many entries more it takes.
    package var room: Int { max(0, limits.entries - objects.count) }
    /// Entries published and not yet confirmed.
    package var outstanding: Int { inFlightCount }

    /// Entries that are new in the outbox, in ascending order, no more than there is ``room`` for; those it knows are
    /// passed over.
    package mutating func appended(_ entries: [Entry]) -> [Action] {
        for entry in entries where objects[entry.key] == nil {
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
        leaving.remove(key)
        queues[object, default: Queue()].waiting.prepend(key)
        makeReady(object)
        return pause()
    }

    /// An entry can never be published: it cannot be read, or the broker refuses it for good.
    package mutating func refused(_ key: String) -> [Action] {
        guard land(key) != nil else { return [] }
        refusedKeys.append(key)
        return next()
    }

    /// Whether an entry is under way: published, or to be removed or moved. What it says is no longer of any matter.
    package func isLeaving(_ key: String) -> Bool { leaving.contains(key) }

    /// Entries have been removed from the outbox without being published. Those that are under way take their course.
    package mutating func dropped(_ keys: [String]) -> [Action] {
        for key in keys where !leaving.contains(key) {
            // The oldest are given up, which stand first.
            guard let object = objects[key], let index = queues[object]?.waiting.firstIndex(of: key) else { continue }
            objects[key] = nil
            queues[object]?.waiting.remove(at: index)
            if queues[object]?.waiting.isEmpty == true, queues[object]?.inFlight == nil { queues[object] = nil }
        }
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
        for key in removing { forget(key) }
        removing = []
        return next()
    }

    /// The transaction of the last ``Action/remove(_:)`` failed, or nobody knows.
    package mutating func removalFailed() -> [Action] {
        confirmedKeys.insert(contentsOf: removing, at: 0)
        removing = []
        return pause()
    }

    /// The transaction of the last ``Action/setAside(_:)`` is committed.
    package mutating func movedAside() -> [Action] {
        isMoving = false
        if let key = refusedKeys.popFirst() { forget(key) }
        return next()
    }

    /// The transaction of the last ``Action/setAside(_:)`` failed, or nobody knows, some time ago: it is to be tried again.
    /// What the broker takes goes on meanwhile.
    package mutating func moveFailed() -> [Action] {
        isMoving = false
        return next()
    }

    // MARK: - Inside

    private mutating func forget(_ key: String) {
        objects[key] = nil
        leaving.remove(key)
    }

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
        if !isMoving, let key = refusedKeys.first {
            isMoving = true
            actions.append(.setAside(key))
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
            guard let queue = queues[object], queue.inFlight == nil, let key = queue.waiting.first else { continue }
            queues[object]?.waiting.removeFirst()
            queues[object]?.inFlight = key
            leaving.insert(key)
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
