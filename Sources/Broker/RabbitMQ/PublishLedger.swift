/// Which publishes wait to be sent, which wait for their confirm, and until when; a value without clock or connection.
///
/// Confirms name messages by their number on the channel, from 1. A message whose deadline has passed keeps its place
/// until its confirm or the end of the channel, so that the limit of outstanding messages holds against a broker that
/// has stopped answering.
struct PublishLedger {
    /// What became of a publish.
    struct Resolution {
        let id: UInt64
        let outcome: Result<Void, BrokerError>
    }

    private struct Queued {
        let id: UInt64
        let message: OutgoingMessage
    }

    /// A message that was sent.
    private struct Sent {
        let id: UInt64
        /// nil for a message that need not reach a queue.
        let mandatory: (exchange: String, routingKey: String, messageID: String)?
        var returned: String?
        /// Whether its confirm has come, out of turn.
        var isDone = false
    }

    private struct Waiting {
        let deadline: ContinuousClock.Instant
        let bytes: Int
        var isSent = false
    }

    let limits: BrokerLimits
    private var queued: [Queued] = []
    private var queuedStart = 0
    private var sent: [Sent] = []
    private var sentStart = 0
    /// The channel's number of the first message in `sent[sentStart...]`.
    private var firstTag: UInt64 = 1
    private var waiting: [UInt64: Waiting] = [:]
    private var bytes = 0

    init(limits: BrokerLimits) {
        self.limits = limits
    }

    var outstanding: Int { sent.count - sentStart }
    var isEmpty: Bool { waiting.isEmpty }
    /// The earliest deadline of all that wait; for the alarm clock.
    var earliestDeadline: ContinuousClock.Instant? { waiting.values.lazy.map(\.deadline).min() }

    /// Takes a message in, under an id that has not been used before.
    ///
    /// - Returns: why it cannot be taken; nil when it was.
    mutating func add(_ id: UInt64, _ message: OutgoingMessage, deadline: ContinuousClock.Instant) -> BrokerError? {
        guard message.body.count <= limits.bodyBytes else {
            return BrokerError(
                .invalid, "a body of \(message.body.count) bytes; at most \(limits.bodyBytes) are allowed")
        }
        let longest = [message.exchange, message.routingKey, message.messageID, message.contentType]
            .map(\.utf8.count).max()
        guard let longest, longest <= 255 else {
            return BrokerError(.invalid, "a name, key or message id of more than 255 bytes")
        }
        guard queued.count - queuedStart < limits.queuedMessages, bytes + message.body.count <= limits.queuedBytes
        else {
            return BrokerError(.overloaded, "\(queued.count - queuedStart) messages with \(bytes) bytes wait already")
        }
        queued.append(Queued(id: id, message: message))
        waiting[id] = Waiting(deadline: deadline, bytes: message.body.count)
        bytes += message.body.count
        return nil
    }

    /// The next message to send, which from now on waits for its confirm; nil when there is none or too many do.
    mutating func takeNext() -> OutgoingMessage? {
        while queuedStart < queued.count, outstanding < limits.outstandingMessages {
            let next = queued[queuedStart]
            queuedStart += 1
            if queuedStart > 256, queuedStart * 2 > queued.count {
                queued.removeFirst(queuedStart)
                queuedStart = 0
            }
            guard waiting[next.id] != nil else { continue }
            waiting[next.id]?.isSent = true
            let message = next.message
            sent.append(
                Sent(
                    id: next.id,
                    mandatory: message.mandatory
                        ? (message.exchange, message.routingKey, message.messageID) : nil))
            return message
        }
        return nil
    }

    /// The broker gave a mandatory message back; its confirm follows.
    mutating func returned(exchange: String, routingKey: String, messageID: String, text: String) {
        let index = sent[sentStart...].firstIndex { entry in
            guard let mandatory = entry.mandatory, entry.returned == nil, !entry.isDone else { return false }
            return mandatory == (exchange, routingKey, messageID)
        }
        if let index { sent[index].returned = text }
    }

    /// The broker has confirmed a message, or with `multiple` all up to it.
    mutating func confirmed(_ tag: UInt64, multiple: Bool, isPositive: Bool) -> [Resolution] {
        guard tag >= firstTag, tag - firstTag < UInt64(outstanding) else { return [] }
        let last = sentStart + Int(tag - firstTag)
        var resolutions: [Resolution] = []
        for index in (multiple ? sentStart : last)...last where !sent[index].isDone {
            sent[index].isDone = true
            guard finish(sent[index].id) else { continue }
            let outcome: Result<Void, BrokerError> =
                if let text = sent[index].returned {
                    .failure(BrokerError(.unroutable, "no queue takes it: \(text)"))
                } else if isPositive {
                    .success(())
                } else {
                    .failure(BrokerError(.refused, "the broker answered with a negative confirm"))
                }
            resolutions.append(Resolution(id: sent[index].id, outcome: outcome))
        }
        while sentStart < sent.count, sent[sentStart].isDone {
            sentStart += 1
            firstTag += 1
        }
        if sentStart > 256, sentStart * 2 > sent.count {
            sent.removeFirst(sentStart)
            sentStart = 0
        }
        return resolutions
    }

    /// The channel is gone: what was sent and not confirmed has an unknown outcome, what was not sent waits on.
    mutating func channelLost(_ reason: String) -> [Resolution] {
        let lost = sent[sentStart...].filter { !$0.isDone && finish($0.id) }
        sent = []
        sentStart = 0
        firstTag = 1
        return lost.map {
            Resolution(id: $0.id, outcome: .failure(BrokerError(.unconfirmed, "lost before its confirm: \(reason)")))
        }
    }

    /// Ends the publishes whose deadline has come.
    ///
    /// - Parameter reason: why nothing is sent at the moment.
    mutating func expire(now: ContinuousClock.Instant, reason: String) -> [Resolution] {
        waiting.filter { $0.value.deadline <= now }.map { id, entry in
            _ = finish(id)
            let error =
                entry.isSent
                ? BrokerError(.unconfirmed, "no confirm until the deadline") : BrokerError(.unavailable, reason)
            return Resolution(id: id, outcome: .failure(error))
        }
    }

    /// Ends one publish, since its task was cancelled.
    mutating func cancel(_ id: UInt64) -> Resolution? {
        guard let entry = waiting[id], finish(id) else { return nil }
        let error =
            entry.isSent
            ? BrokerError(.unconfirmed, "cancelled before its confirm")
            : BrokerError(.closed, "cancelled before it was sent")
        return Resolution(id: id, outcome: .failure(error))
    }

    /// Ends all publishes, since the broker object is closed.
    mutating func closeAll() -> [Resolution] {
        let resolutions = channelLost("closed")
        let rest = waiting.keys.filter { finish($0) }
        queued = []
        queuedStart = 0
        return resolutions
            + rest.map {
                Resolution(id: $0, outcome: .failure(BrokerError(.closed, "the broker is closed; it was not sent")))
            }
    }

    /// Forgets a publish; false when it had ended already.
    private mutating func finish(_ id: UInt64) -> Bool {
        guard let entry = waiting.removeValue(forKey: id) else { return false }
        bytes -= entry.bytes
        return true
    }
}
