import Model
import Simulator
import Store

/// Whether one controller led at a time, and only the one that led did what a leader may do: take notices out of the
/// outbox.
struct LeadershipAudit {
    private(set) var violations: [String] = []

    /// One controller's time of leading.
    private struct Term {
        let process: String
        let fence: Precondition
    }

    init(log: [LogEntry]) {
        let key = StoreKey.leader("outbox").path
        var term: Term?
        for entry in log {
            let writer = entry.writer ?? "nobody"
            // What changes nothing counts as well: only chance has kept it from doing so.
            if Self.removesNotices(entry.transaction) {
                if writer != term?.process {
                    violations.append("\(writer) removed notices when \(term?.process ?? "nobody") led")
                } else if let fence = term?.fence, !entry.transaction.preconditions.contains(fence) {
                    violations.append("\(writer) removed notices without the fence of its term")
                }
            }
            for event in entry.events where event.key == key {
                switch event {
                case .delete: term = nil
                case .put(let stored):
                    if let term { violations.append("\(writer) led before the term of \(term.process) was over") }
                    term = Term(process: writer, fence: .unmodified(key, since: stored.modified))
                }
            }
        }
    }

    private static func removesNotices(_ transaction: Transaction) -> Bool {
        transaction.changes.contains { change in
            guard case .delete(let key) = change, case .outbox = StoreKey(path: key) else { return false }
            return true
        }
    }
}
