import Broker
import SeededChance

/// The broker's cluster: messages reach it late, and an ``InMemoryBroker`` does with them what a broker does.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
package final class SimulatedBroker: @unchecked Sendable {
    /// What the ids of messages begin with that it refuses for good.
    package static let poison = "poison"

    let scheduler: Scheduler
    let weather: Weather
    let defect: Defect?
    let cluster: InMemoryBroker
    /// Every message that was stored, doubles as well, and when.
    package private(set) var messages: [(time: SimulatedTime, message: OutgoingMessage)] = []
    /// Whether it takes nothing from anybody.
    package var isAway = false
    /// Messages that are on their way.
    package private(set) var underWay = 0
    /// Where the cluster works.
    private let executor: any TaskExecutor

    package convenience init(scheduler: Scheduler, weather: Weather, defect: Defect?) {
        self.init(
            cluster: InMemoryBroker(queueLimit: .max),
            executor: SimulatedProcess(name: "broker", number: 4, scheduler: scheduler), scheduler: scheduler,
            weather: weather, defect: defect)
    }

    init(
        cluster: InMemoryBroker, executor: any TaskExecutor, scheduler: Scheduler, weather: Weather, defect: Defect?
    ) {
        self.cluster = cluster
        self.scheduler = scheduler
        self.weather = weather
        self.defect = defect
        self.executor = executor
    }

    /// Sends a message; it arrives whatever becomes of its sender.
    func send(_ message: OutgoingMessage, deadline: Duration) -> Task<Result<Void, BrokerError>, Never> {
        underWay += 1
        let delay = scheduler.chance.time(
            defect == .brokerConfirmsBeforeKeeping ? 8_000...2 * .second : 200...4_000)
        return Task(executorPreference: executor) {
            defer { self.underWay -= 1 }
            try? await self.scheduler.sleep(delay)
            if self.defect == .brokerConfirmsWithoutKeeping, self.scheduler.chance.happens(0.05) { return .success(()) }
            do throws(BrokerError) {
                try await self.cluster.publish(message, deadline: deadline)
                self.messages.append((self.scheduler.time, message))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }
}
