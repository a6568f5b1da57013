import Foundation

/// The connection to the broker, for people and for status pages.
package struct BrokerState: Hashable, Sendable {
    package enum Phase: String, Sendable {
        case connecting
        case connected
        case closed
    }

    package var phase: Phase
    /// The member it is connected to, `host:port`.
    package var endpoint: String?
    /// What the broker calls its cluster.
    package var cluster: String?
    /// Since when the phase lasts.
    package var since: Date
    /// Why the broker takes no messages at the moment (its memory or disk alarm); nil when it does.
    package var blocked: String?
    /// The last failure and when it was; kept after a recovery.
    package var lastError: String?
    package var lastErrorAt: Date?
    /// How many connections have been made; more than 1 means that it has reconnected.
    package var connections: Int
    /// How many publishes have no outcome yet: they wait to be sent, or for the broker's confirm. Of the moment at which
    /// the state is asked for; streams of states neither have it nor follow it.
    package var publishing = 0

    package init(phase: Phase, since: Date) {
        self.phase = phase
        self.since = since
        connections = 0
    }

    /// Whether publishes are taken at the moment.
    package var isUsable: Bool { phase == .connected && blocked == nil }
}
