import History
import JSON

extension MessageAudit {
    /// For machines.
    var json: JSONValue {
        [
            "queue": .string(queue), "published": .integer(published), "confirmed": .integer(confirmed),
            "received": .integer(received), "lost": .integer(lost.count), "repeated": .integer(repeated.count),
            // Enough to look for in the broker's log.
            "lost_messages": .array(lost.prefix(20).map { .string($0) }),
        ]
    }
}
