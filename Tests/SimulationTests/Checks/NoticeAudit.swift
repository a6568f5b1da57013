import Broker
import Model
import Simulator
import Store

/// Whether the broker got what the outbox held: every message of each notice at least once and before the notice was
/// removed, and those of one object in the store's order. What can never be published was set aside once, in the same
/// transaction that removed it.
struct NoticeAudit {
    private(set) var violations: [String] = []

    /// A message as consumers know it: they drop doubles.
    private struct MessageKey: Hashable {
        let exchange: String
        let id: String

        /// The keys of what a message carries: itself, or each of the history's events by its notice's id.
        static func keys(of message: OutgoingMessage) -> [MessageKey] {
            guard message.exchange == NoticeTopology.eventsExchange else {
                return [MessageKey(exchange: message.exchange, id: message.messageID)]
            }
            return message.body.split(separator: UInt8(ascii: "\n")).map { line in
                MessageKey(exchange: message.exchange, id: HistoryEvent(parsing: line)?.id ?? "unreadable")
            }
        }
    }

    private struct Arrival {
        let order: Int
        let time: SimulatedTime
    }

    /// How often each notice was set aside, by its key in the outbox.
    private var moves: [String: Int] = [:]

    init(log: [LogEntry], messages: [(time: SimulatedTime, message: OutgoingMessage)]) {
        var arrivals: [MessageKey: Arrival] = [:]
        for (order, (time, message)) in messages.enumerated() {
            for key in MessageKey.keys(of: message) where arrivals[key] == nil {
                arrivals[key] = Arrival(order: order, time: time)
            }
        }
        /// When each message of an object's notices first arrived, in the store's order.
        var objects: [String: [Arrival]] = [:]
        for (notice, removal) in notices(in: log) {
            let messages = notice.messages(host: "") + Notice.historyMessages(of: [notice])
            for key in messages.flatMap({ MessageKey.keys(of: $0) }) {
                guard let arrival = arrivals[key] else {
                    violations.append("notice \(notice.id) was never delivered to \(key.exchange)")
                    continue
                }
                objects[notice.objectID, default: []].append(arrival)
                guard let removal, removal < arrival.time else { continue }
                violations.append("notice \(notice.id) was removed before it was delivered to \(key.exchange)")
            }
        }
        for (key, count) in moves.sorted(by: { $0.key < $1.key }) where count != 1 {
            violations.append("\(key) was set aside \(count) times")
        }
        for (object, arrivals) in objects.sorted(by: { $0.key < $1.key }) {
            let order = arrivals.map(\.order)
            if order != order.sorted() { violations.append("notices of \(object) came out of order") }
        }
    }

    /// Each notice that the outbox ever held, in the store's order, and when it was removed.
    private mutating func notices(in log: [LogEntry]) -> [(Notice, removal: SimulatedTime?)] {
        var notices: [(Notice, removal: SimulatedTime?)] = []
        var indices: [String: Int] = [:]
        for entry in log {
            for event in entry.events {
                guard case .outbox(let id) = StoreKey(path: event.key) else { continue }
                if Poison.isPoison(event.key) {
                    follow(event, aside: StoreKey.setAside(id).path, in: entry)
                    continue
                }
                switch event {
                case .delete(let key): if let index = indices[key] { notices[index].removal = entry.time }
                case .put(let stored):
                    do {
                        notices.append((try Notice(parsing: stored.value), nil))
                        indices[stored.key] = notices.count - 1
                    } catch {
                        violations.append("\(stored.key) cannot be read: \(error)")
                    }
                }
            }
        }
        return notices
    }

    /// Counts the moves of a notice that can never be published.
    private mutating func follow(_ event: WatchEvent, aside: String, in entry: LogEntry) {
        switch event {
        case .put: moves[event.key, default: 0] += 0
        case .delete:
            let isMoved = entry.events.contains { other in
                guard case .put(let stored) = other else { return false }
                return stored.key == aside
            }
            moves[event.key, default: 0] += isMoved ? 1 : 0
            if !isMoved { violations.append("\(event.key) was removed and is not set aside") }
        }
    }
}
