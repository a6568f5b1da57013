/// A message broker: topic exchanges, queues, publishing with confirms, consuming with acknowledgements.
///
/// Everything is at least once. A publish that fails with ``BrokerError/Code/unconfirmed`` may have been stored, and a
/// delivery may come again after its consumer or the connection has gone; message ids let consumers drop doubles.
/// Implementations connect and reconnect by themselves; callers see only deadlines.
package protocol MessageBroker: Sendable {
    /// The connection as it is now.
    var state: BrokerState { get }

    /// The state now and after each change; a slow reader sees the newest only. Ends when the broker is closed.
    func states() -> AsyncStream<BrokerState>

    /// Declares exchanges, queues and bindings; what exists already in the same form is left alone.
    ///
    /// The declarations are kept and made again after each reconnect, also when this call failed with
    /// ``BrokerError/Code/unavailable``.
    ///
    /// - Throws: ``BrokerError/Code/refused`` when one of them exists with other properties or may not be made;
    ///   ``BrokerError/Code/unavailable`` when there is no connection until the deadline.
    func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError)

    /// Publishes a message and returns after the broker's confirm, which for a durable queue means that it is stored
    /// (in a quorum queue: by a majority). Many publishes may be outstanding; no order is kept between them.
    ///
    /// - Throws: ``BrokerError``; after ``BrokerError/Code/unconfirmed`` the outcome is unknown.
    func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError)

    /// Takes messages out of a queue, in its order, for as long as the stream is held.
    ///
    /// The subscription outlives reconnects. Deliveries that were not settled come again after a reconnect, and go back
    /// to the queue when the stream is dropped or its task is cancelled. The stream ends when the broker is closed.
    func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error>

    /// Waits for the outstanding confirms up to a few seconds, then closes the connection. Later calls throw
    /// ``BrokerError/Code/closed``.
    func close() async
}

extension MessageBroker {
    /// Publishes with the default deadline of 5 seconds.
    package func publish(_ message: OutgoingMessage) async throws(BrokerError) {
        try await publish(message, deadline: .seconds(5))
    }

    /// Declares with the default deadline of 10 seconds.
    package func declare(_ topology: BrokerTopology) async throws(BrokerError) {
        try await declare(topology, deadline: .seconds(10))
    }
}
