/// Which queue to consume, and how many unsettled deliveries at once.
package struct Subscription: Hashable, Sendable {
    package var queue: String
    /// How many deliveries may be unsettled at a time, 1 to 65,535; bounds the memory a slow consumer takes.
    package var prefetch: Int

    package init(queue: String, prefetch: Int = 100) {
        self.queue = queue
        self.prefetch = min(max(prefetch, 1), Int(UInt16.max))
    }
}

/// A message taken from a queue. It must be settled: acknowledged when its effect is safe, or rejected.
package struct Delivery: Sendable {
    package let exchange: String
    package let routingKey: String
    package let body: [UInt8]
    package let contentType: String
    package let contentEncoding: String
    /// Empty when the publisher gave none.
    package let messageID: String
    /// Whether the broker has delivered it before; then it may be a double.
    package let redelivered: Bool
    let settle: @Sendable (Settlement) -> Void

    /// Takes the message out of the queue for good. Without effect when the connection that brought it is gone, since
    /// then it will come again; and without effect the second time.
    package func acknowledge() { settle(.acknowledged) }

    /// Gives the message back to the queue, or drops it.
    package func reject(requeue: Bool) { settle(.rejected(requeue: requeue)) }
}

/// What became of a delivery.
enum Settlement: Hashable, Sendable {
    case acknowledged
    case rejected(requeue: Bool)
}
