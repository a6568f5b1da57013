/// The sizes and times within which a broker connection works. All are limits on purpose: none is ever without end.
package struct BrokerLimits: Hashable, Sendable {
    /// Messages sent and not yet confirmed; more wait.
    package var outstandingMessages = 1_000
    /// Messages that wait to be sent; more fail at once with ``BrokerError/Code/overloaded``.
    package var queuedMessages = 10_000
    /// Bytes of bodies that wait or are unconfirmed; more fail at once with ``BrokerError/Code/overloaded``.
    package var queuedBytes = 64 << 20
    /// The size of one body in bytes; larger ones are ``BrokerError/Code/invalid``.
    package var bodyBytes = 8 << 20
    /// How long one member may take for connection, TLS and login.
    package var connectTimeout = Duration.seconds(3)
    /// How long the broker may take to answer a declaration.
    package var replyTimeout = Duration.seconds(10)
    /// The heartbeat interval; a connection silent for two of them is dead. Whole seconds, at least 1.
    package var heartbeat = Duration.seconds(5)
    /// How long ``MessageBroker/close()`` waits for outstanding confirms.
    package var closeTimeout = Duration.seconds(5)
    /// The pause after the list of members was tried without success: first, and at most.
    package var reconnectPause = Backoff(first: .milliseconds(200), longest: .seconds(5))

    package init() {}
}

/// A pause that doubles with each failure, up to a longest one, and is spread by chance so that many do not return at
/// the same moment.
package struct Backoff: Hashable, Sendable {
    package var first: Duration
    package var longest: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The pause before the next try.
    ///
    /// - Parameters:
    ///   - attempt: how many tries have failed, from 1.
    ///   - chance: a number from 0 to 1; the pause lies between half of the full one and the full one.
    package func pause(attempt: Int, chance: Double) -> Duration {
        var pause = first
        for _ in 0..<(min(max(attempt, 1), 32) - 1) where pause < longest { pause = pause * 2 }
        return min(pause, longest) * (0.5 + 0.5 * min(max(chance, 0), 1))
    }
}
