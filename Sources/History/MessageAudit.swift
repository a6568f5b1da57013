/// What became of the messages that were published to a queue: none that the broker confirmed may be missing.
///
/// A message may come more than once, since a publisher may repeat what was not confirmed and a broker may deliver
/// again; and one that was not confirmed, or refused, may have been stored all the same.
package struct MessageAudit: Hashable, Sendable {
    package var queue: String
    package var published: Int
    /// Messages that the broker confirmed.
    package var confirmed: Int
    /// Different messages that were in the queue.
    package var received: Int
    /// Confirmed messages that were not.
    package var lost: [String]
    /// Messages that were in the queue more than once.
    package var repeated: [String]

    /// - Parameters:
    ///   - requests: the whole load; what was published elsewhere is passed over.
    ///   - received: the name of every message that was in the queue afterwards, each as often as it was there.
    package init(queue: String, of requests: [RecordedRequest], received: [String]) {
        let counts = received.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        var published: Set<String> = []
        var confirmed: Set<String> = []
        for request in requests {
            guard case .publish(queue, let message) = request.operation else { continue }
            published.insert(message)
            if request.succeeded { confirmed.insert(message) }
        }
        self.queue = queue
        self.published = published.count
        self.confirmed = confirmed.count
        self.received = counts.count
        lost = confirmed.filter { counts[$0] == nil }.sorted()
        repeated = counts.filter { $0.value > 1 }.keys.sorted()
    }
}
