import Broker
import Controller
import Foundation
import Model
import Simulator
import Store
import StoreContents

/// Three controllers, a proxy, a store and a broker, on one scheduler.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class World: @unchecked Sendable {
    let scheduler: Scheduler
    let weather: Weather
    let defect: Defect?
    let schema: Schema
    let store: SimulatedStore
    let broker: SimulatedBroker
    /// What the controllers declare, as `skein serve` has them do.
    static let topology = NoticeTopology.publisher(collectors: ["c1", "c2", "c3"])
    /// Where clients run.
    let outside: SimulatedProcess
    /// What the clock of deadlines begins with; only differences count.
    let origin = ContinuousClock.now
    static let controllerCount = 3
    private(set) var controllers: [SimulatedController] = []
    /// The simulation is being cleared away.
    var isOver = false

    init(scheduler: Scheduler, weather: Weather, defect: Defect?, schema: Schema, contents: StoreContents) {
        self.scheduler = scheduler
        self.weather = weather
        self.defect = defect
        self.schema = schema
        scheduler.slowness = weather.slowJobs
        store = SimulatedStore(contents: contents, scheduler: scheduler, weather: weather, defect: defect)
        broker = SimulatedBroker(scheduler: scheduler, weather: weather, defect: defect)
        outside = SimulatedProcess(name: "outside", number: 0, scheduler: scheduler)
        controllers = (1...Self.controllerCount).map { SimulatedController(number: $0, world: self) }
    }

    /// Ends every fault.
    func heal() {
        store.heal()
        broker.isAway = false
        for controller in controllers {
            controller.current?.process.resume()
            controller.boot()
        }
    }

    /// Ends every task, so that nothing of the simulation is left in memory.
    func clearAway() {
        isOver = true
        scheduler.slowness = 0
        for controller in controllers { controller.bury() }
        let isOver = { self.controllers.allSatisfy(\.isBuried) && self.broker.underWay == 0 }
        scheduler.run(until: isOver, limit: scheduler.time + 60 * .second)
        controllers = []
        scheduler.clear()
    }
}

extension Error {
    /// The status that the controller answers to it.
    var status: Int {
        switch self {
        case is ServiceError: 503
        case is Overload: 429
        default: 500
        }
    }
}
