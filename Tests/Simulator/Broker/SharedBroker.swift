import Broker

/// A simulated broker without faults that any task may use, like a real one: the conformance suite does.
package final class SharedBroker: MessageBroker {
    private let thread = SimulationThread()
    private let cluster: InMemoryBroker
    private let connection: Task<BrokerConnection, Never>

    /// - Parameter cluster: where messages arrive; a test plays the faults of it there.
    package init(cluster: InMemoryBroker) {
        self.cluster = cluster
        connection = Task { [thread] in
            await thread.make { scheduler in
                BrokerConnection(
                    broker: SimulatedBroker(
                        cluster: cluster, executor: thread, scheduler: scheduler, weather: Weather(), defect: nil))
            }
        }
    }

    deinit {
        thread.end()
    }

    package var state: BrokerState { cluster.state }

    package func states() -> AsyncStream<BrokerState> { cluster.states() }

    package func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        cluster.consume(subscription)
    }

    package func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        let connection = await connection.value
        try await thread.perform { () async throws(BrokerError) in
            try await connection.declare(topology, deadline: deadline)
        }
    }

    package func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        let connection = await connection.value
        try await thread.perform { () async throws(BrokerError) in
            try await connection.publish(message, deadline: deadline)
        }
    }

    package func close() async {
        let connection = await connection.value
        await thread.perform { await connection.close() }
        await cluster.close()
    }
}
