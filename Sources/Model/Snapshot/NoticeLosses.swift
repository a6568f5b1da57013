import JSON
import Store
import Time

/// What was given up of notices because too many waited, counted since an operator last began anew.
package struct NoticeLosses: Hashable, Sendable {
    /// When the first of them was given up; nil when the entry does not say so.
    package var since: Timestamp?
    /// Notices whose event of the history was given up, and whose other messages were not at once.
    package var history = 0
    /// Notices whose notifications for OpenStack were given up, and Contrail's message was not at once.
    package var notifications = 0
    /// Notices of which nothing is left.
    package var notices = 0
    /// Notices that had been set aside, and were displaced by newer ones.
    package var setAside = 0

    package init(since: Timestamp) {
        self.since = since
    }

    /// Reads what ``stored`` wrote; what is something else counts as nothing.
    package init(stored: [UInt8]) {
        let json = try? JSONValue(parsing: stored)
        since = json?["since"]?.stringValue.flatMap { Timestamp($0) }
        history = json?["history"]?.integerValue ?? 0
        notifications = json?["notifications"]?.integerValue ?? 0
        notices = json?["notices"]?.integerValue ?? 0
        setAside = json?["set_aside"]?.integerValue ?? 0
    }

    /// As the store keeps it, and as the status API shows it.
    package var stored: [UInt8] {
        JSONValue.object([
            "since": since.map { .string($0.rfc3339Text) } ?? .null, "history": .integer(history),
            "notifications": .integer(notifications), "notices": .integer(notices), "set_aside": .integer(setAside),
        ]).bytes
    }
}
