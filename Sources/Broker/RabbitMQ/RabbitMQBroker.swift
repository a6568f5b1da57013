import Foundation

/// A RabbitMQ cluster through librabbitmq.
///
/// One thread of its own makes every call into the library; callers wait for its answers without blocking a thread.
/// A broker that raises an alarm stops reading a connection that publishes, acknowledgements included: use one object
/// for publishing and another for consuming.
package final class RabbitMQBroker: MessageBroker {
    private let desk: ConnectionDesk
    private let configuration: RabbitMQConfiguration

    /// Begins to connect; does not wait for it.
    ///
    /// - Throws: ``BrokerError/Code/unavailable`` when the process has too many open files.
    package init(_ configuration: RabbitMQConfiguration) throws(BrokerError) {
        self.configuration = configuration
        desk = try ConnectionDesk(limits: configuration.limits)
        ConnectionThread.start(desk, configuration)
    }

    deinit {
        desk.close(flushing: .zero)
    }

    package var state: BrokerState {
        var state = desk.feed.current
        state.publishing = desk.publishing
        return state
    }

    package func states() -> AsyncStream<BrokerState> { desk.feed.follow() }

    package func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        try await desk.declare(topology, deadline: deadline)
    }

    package func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        try await desk.publish(message, deadline: deadline)
    }

    package func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        desk.consume(subscription)
    }

    package func close() async {
        desk.close(flushing: configuration.limits.closeTimeout)
        desk.breakConnection(after: configuration.limits.closeTimeout + .seconds(1))
        await desk.finished()
    }
}
