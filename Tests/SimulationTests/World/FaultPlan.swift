import SeededChance
import Simulator

/// The faults of processes and links of one schedule, by chance, each with its end.
struct FaultPlan {
    private let world: World
    /// Faults begin within this time.
    private let span: SimulatedTime

    init(world: World, span: SimulatedTime) {
        self.world = world
        self.span = span
    }

    /// Plans the faults.
    func begin() {
        for _ in 0..<world.weather.faults {
            world.scheduler.after(world.scheduler.chance.time(0...span)) { self.strike() }
        }
    }

    private func strike() {
        let scheduler = world.scheduler
        guard !world.isOver, let controller = scheduler.chance.choice(world.controllers) else { return }
        switch scheduler.chance.number(below: 12) {
        case 0...3: crash(controller)
        case 4: for controller in world.controllers { crash(controller) }
        case 5, 6: pause(controller)
        case 7: cutOff(controller)
        case 8:
            world.store.isAway = true
            end("the store is away", 100 * .millisecond...8 * .second) { $0.store.isAway = false }
        case 9:
            world.broker.isAway = true
            end("the broker is away", .second...20 * .second) { $0.broker.isAway = false }
        case 10:
            if scheduler.chance.happens(0.5) {
                world.store.compact()
            } else {
                world.store.isFull = true
                end("the store is full", 100 * .millisecond...3 * .second) { $0.store.isFull = false }
            }
        default:
            controller.skew += scheduler.chance.time(-3_600 * .second...3_600 * .second)
            scheduler.note("\(controller.name): its time of day jumps")
        }
    }

    /// At some `await` of one of its next jobs.
    private func crash(_ controller: SimulatedController) {
        guard let process = controller.current?.process else { return }
        let jobs = world.scheduler.chance.number(below: 60)
        process.afterJobs(jobs, within: 2 * .second) {
            guard controller.current?.process === process else { return }
            controller.kill()
            world.scheduler.after(world.scheduler.chance.time(50 * .millisecond...6 * .second)) {
                if !world.isOver { controller.boot() }
            }
        }
    }

    private func pause(_ controller: SimulatedController) {
        guard let process = controller.current?.process else { return }
        let longest = [2, 2, 5, 5, 15, 30, 130][world.scheduler.chance.number(below: 7)]
        let jobs = world.scheduler.chance.number(below: 60)
        let pause = world.scheduler.chance.time(100 * .millisecond...longest * .second)
        process.afterJobs(jobs, within: 2 * .second) {
            process.pause()
            world.scheduler.after(pause) { process.resume() }
        }
    }

    private func cutOff(_ controller: SimulatedController) {
        guard let process = controller.current?.process else { return }
        world.store.cutOff.insert(process.number)
        end("\(process.name) is cut off from the store", 200 * .millisecond...15 * .second) {
            $0.store.cutOff.remove(process.number)
        }
    }

    private func end(
        _ words: String, _ duration: ClosedRange<SimulatedTime>, _ action: @escaping (World) -> Void
    ) {
        world.scheduler.note(words)
        world.scheduler.after(world.scheduler.chance.time(duration)) {
            world.scheduler.note("no longer: \(words)")
            action(world)
        }
    }
}
