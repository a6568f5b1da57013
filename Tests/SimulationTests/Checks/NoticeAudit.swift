import Broker
import Model
import Store

/// Whether the broker got what the outbox held: each notice at least once, and those of one object in the store's order.
struct NoticeAudit {
    private(set) var violations: [String] = []

    init(history: some Sequence<WatchBatch>, messages: [OutgoingMessage]) {
        var expected: [String: [String]] = [:]
        for batch in history {
            for case .put(let entry) in batch.events {
                guard case .outbox = StoreKey(path: entry.key) else { continue }
                do {
                    let notice = try Notice(parsing: entry.value)
                    expected[notice.objectID, default: []].append(notice.id)
                } catch {
                    violations.append("\(entry.key) cannot be read: \(error)")
                }
            }
        }
        // By each message's first arrival: consumers drop doubles.
        var arrivals: [String: Int] = [:]
        for (index, message) in messages.enumerated() where message.exchange == NoticeTopology.eventsExchange {
            if arrivals[message.messageID] == nil { arrivals[message.messageID] = index }
        }
        for (object, notices) in expected.sorted(by: { $0.key < $1.key }) {
            let missing = notices.filter { arrivals[$0] == nil }
            if !missing.isEmpty { violations.append("notices of \(object) were never delivered: \(missing)") }
            let order = notices.compactMap { arrivals[$0] }
            if order != order.sorted() { violations.append("notices of \(object) came out of order") }
        }
    }
}
