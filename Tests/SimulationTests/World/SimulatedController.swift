import Broker
import ConfigAPI
import Controller
import HTTPService
import Logging
import Model
import NeutronAPI
import SeededChance
import Simulator
import Store
import Time

/// A controller's host: its process dies, and another one is started in its place. What runs in it is the product's own
/// code, as `skein serve` puts it together.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class SimulatedController: @unchecked Sendable {
    let name: String
    /// How far the host's time of day is wrong.
    var skew: SimulatedTime = 0
    private let world: World
    private(set) var current: Incarnation?
    private var former: [Incarnation] = []
    private let number: Int

    /// One process of a controller.
    // Sendable by confinement.
    final class Incarnation: @unchecked Sendable {
        let process: SimulatedProcess
        let store: StoreConnection
        let broker: BrokerConnection
        let service: ConfigService
        private let neutron: NeutronHandler
        private let config: ConfigAPIHandler
        /// Every task of the process, to be ended with the simulation.
        var tasks: [Task<Void, Never>] = []
        var running = 0

        init(process: SimulatedProcess, controller: SimulatedController, world: World) {
            self.process = process
            let scheduler = world.scheduler
            store = StoreConnection(store: world.store, process: process)
            broker = BrokerConnection(broker: world.broker)
            let logger = Logger(label: process.name) { _ in TraceLogHandler(scheduler: scheduler, process: process.name)
            }
            service = ConfigService(
                store: store, schema: world.schema, logger: logger,
                clock: {
                    Timestamp(microseconds: 1_800_000_000_000_000 + Int(scheduler.time + controller.skew))
                }, recordsNotices: true,
                share: AllocationShare(index: controller.number - 1, count: World.controllerCount),
                addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) },
                surroundings: Surroundings(
                    now: { world.origin + .microseconds(scheduler.time) },
                    sleep: { try await scheduler.sleep(SimulatedTime($0)) },
                    random: { scheduler.chance.next() }, executor: process))
            neutron = NeutronHandler(service: service)
            config = ConfigAPIHandler(service: service, schema: world.schema)
            // So few that schedules meet what the product meets with a long outbox only.
            var limits = OutboxSchedule.Limits()
            limits.entries = 3
            let publisher = OutboxPublisher(
                service: service, broker: broker, topology: World.topology, node: controller.name,
                scheduleLimits: limits, logger: logger)
            start { [service] in await service.follow() }
            start { await publisher.publish() }
        }

        /// Answers as the API does that the path is of.
        func respond(to request: APIRequest) async throws -> APIAnswer {
            if request.path.hasPrefix("/v2.0/") { return try await neutron.respond(to: request) }
            return try await config.respond(to: request)
        }

        /// Runs a task of the process, with its own end counted.
        func start(_ body: @escaping @Sendable () async -> Void) {
            running += 1
            tasks.append(
                Task(executorPreference: process) {
                    await body()
                    self.running -= 1
                })
        }
    }

    init(number: Int, world: World) {
        self.number = number
        name = "c\(number)"
        self.world = world
        boot()
    }

    /// Each process that it has had.
    var incarnations: [Incarnation] { former + [current].compactMap { $0 } }

    func boot() {
        guard current == nil else { return }
        let process = SimulatedProcess(
            name: "\(name).\(former.count + 1)", number: 10 * former.count + number, scheduler: world.scheduler)
        world.scheduler.note("\(process.name) starts")
        current = Incarnation(process: process, controller: self, world: world)
    }

    func kill() {
        guard let incarnation = current else { return }
        incarnation.process.kill()
        former.append(incarnation)
        current = nil
    }

    /// Ends everything that is left, so that its memory is freed.
    func bury() {
        for incarnation in incarnations {
            incarnation.store.closeNow()
            incarnation.broker.closeNow()
            for task in incarnation.tasks { task.cancel() }
            incarnation.process.bury()
        }
    }

    var isBuried: Bool { incarnations.allSatisfy { $0.running == 0 } }
}

/// Log lines are events of the trace.
private struct TraceLogHandler: LogHandler {
    let scheduler: Scheduler
    let process: String
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level {
        // A text is made only when somebody will read it.
        get { scheduler.trace.isRecording ? .debug : .critical }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        scheduler.note("\(process): \(event.message)\(details)")
    }
}
