import Broker
import SeededChance

/// The broker as one process reaches it: late, and not always.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
package final class BrokerConnection: MessageBroker, @unchecked Sendable {
    private let broker: SimulatedBroker
    private var isClosed = false

    package init(broker: SimulatedBroker) {
        self.broker = broker
    }

    package var state: BrokerState { broker.cluster.state }

    package func states() -> AsyncStream<BrokerState> { broker.cluster.states() }

    package func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        broker.cluster.consume(subscription)
    }

    package func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        // Kept for the next connection, even when there is none now.
        try await broker.cluster.declare(topology, deadline: deadline)
        try await wait(broker.isAway ? SimulatedTime(deadline) : broker.scheduler.chance.time(200...4_000))
        if broker.isAway { throw BrokerError(.unavailable, "simulated: no connection") }
    }

    package func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        let scheduler = broker.scheduler
        if broker.isAway {
            try await wait(SimulatedTime(deadline))
            throw BrokerError(.unavailable, "simulated: no connection")
        }
        if message.messageID.hasPrefix(SimulatedBroker.poison) {
            throw BrokerError(.invalid, "simulated: nobody may ever publish this")
        }
        let isBroken = scheduler.chance.happens(broker.weather.brokenPublishes)
        let outcome = isBroken ? scheduler.chance.number(below: 4) : 4
        if outcome == 0 { throw BrokerError(.unavailable, "simulated: the connection was lost before") }
        let arrival = outcome == 1 ? nil : broker.send(message, deadline: deadline)
        try await wait(scheduler.chance.time(4_000...8_000))
        switch outcome {
        case 1: throw BrokerError(.refused, "simulated: negative confirm")
        case 2: throw BrokerError(.unconfirmed, "simulated: the connection was lost")
        case 3: try await wait(scheduler.chance.time(0...3 * .second))
        default: break
        }
        if let arrival, broker.defect != .brokerConfirmsBeforeKeeping { try await confirm(of: arrival) }
    }

    package func close() async { isClosed = true }

    /// From now on every call fails at once: the end of the simulation.
    package func closeNow() { isClosed = true }

    private func confirm(of arrival: Task<Result<Void, BrokerError>, Never>) async throws(BrokerError) {
        try await withTaskCancellationHandler {
            await arrival.value
        } onCancel: {
            arrival.cancel()
        }.get()
    }

    private func wait(_ time: SimulatedTime) async throws(BrokerError) {
        if isClosed { throw BrokerError(.closed, "closed") }
        do {
            try await broker.scheduler.sleep(time)
        } catch {
            throw BrokerError(.closed, "the task was cancelled")
        }
        if isClosed { throw BrokerError(.closed, "closed") }
    }
}
