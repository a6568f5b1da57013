import Store

/// What the store did at one moment: a transaction that it committed, or the end of a lease.
package struct LogEntry: Sendable {
    package let time: SimulatedTime
    /// The process that asked for it; nil when a lease had run out.
    package let writer: String?
    /// What was asked for; empty for the end of a lease.
    package let transaction: Transaction
    /// What it changed, if anything.
    package let events: [WatchEvent]
}
