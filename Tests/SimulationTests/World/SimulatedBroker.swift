import Broker

/// The broker's cluster: keeps every message that arrives, in order.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class SimulatedBroker: @unchecked Sendable {
    let scheduler: Scheduler
    let weather: Weather
    let defect: Defect?
    /// Every message that was stored, doubles as well.
    private(set) var messages: [OutgoingMessage] = []
    /// Whether it takes nothing from anybody.
    var isAway = false

    init(scheduler: Scheduler, weather: Weather, defect: Defect?) {
        self.scheduler = scheduler
        self.weather = weather
        self.defect = defect
    }

    func store(_ message: OutgoingMessage) {
        if defect == .brokerConfirmsWithoutKeeping, scheduler.chance.happens(0.05) { return }
        messages.append(message)
    }
}

/// The broker as one process reaches it.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class BrokerConnection: MessageBroker, @unchecked Sendable {
    private let broker: SimulatedBroker
    private let process: SimulatedProcess
    private var isClosed = false

    init(broker: SimulatedBroker, process: SimulatedProcess) {
        self.broker = broker
        self.process = process
    }

    var state: BrokerState { InMemoryBroker().state }
    func states() -> AsyncStream<BrokerState> { AsyncStream { $0.finish() } }
    func consume(_ subscription: Subscription) -> AsyncThrowingStream<Delivery, any Error> {
        AsyncThrowingStream { $0.finish() }
    }

    func declare(_ topology: BrokerTopology, deadline: Duration) async throws(BrokerError) {
        try await wait(broker.isAway ? SimulatedTime(deadline) : broker.scheduler.chance.time(200...4_000))
        if broker.isAway { throw BrokerError(.unavailable, "simulated: no connection") }
    }

    func publish(_ message: OutgoingMessage, deadline: Duration) async throws(BrokerError) {
        let scheduler = broker.scheduler
        if broker.isAway {
            try await wait(SimulatedTime(deadline))
            throw BrokerError(.unavailable, "simulated: no connection")
        }
        let isBroken = scheduler.chance.happens(broker.weather.brokenPublishes)
        let outcome = isBroken ? scheduler.chance.number(below: 4) : 4
        if outcome == 0 { throw BrokerError(.unavailable, "simulated: the connection was lost before") }
        let isStored = outcome > 1
        scheduler.after(scheduler.chance.time(200...4_000)) {
            if isStored { self.broker.store(message) }
        }
        // The confirm is never before the message is stored.
        try await wait(scheduler.chance.time(4_000...8_000))
        switch outcome {
        case 1: throw BrokerError(.refused, "simulated: negative confirm")
        case 2: throw BrokerError(.unconfirmed, "simulated: the connection was lost")
        case 3: try await wait(scheduler.chance.time(0...3 * .second))
        default: return
        }
    }

    func close() async { isClosed = true }

    /// From now on every call fails at once: the end of the simulation.
    func closeNow() { isClosed = true }

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
