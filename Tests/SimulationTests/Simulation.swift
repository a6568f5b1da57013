import SeededChance
import Simulator
import Store

/// One schedule: everything that happens in it follows from its seed.
struct Simulation {
    let seed: UInt64
    var defect: Defect?
    /// Whether the trace has lines.
    var isRecording = false

    /// How a schedule ended.
    struct Outcome {
        /// What does not hold, in words; empty when all does.
        var violations: [String]
        var trace: Trace
        /// Jobs that ran, each the code between two awaits.
        var jobs: Int
        var requests: Int
    }

    /// Runs the schedule on this thread, and checks what came of it.
    func run() throws -> Outcome {
        let cloud = try PreparedCloud.standard.get()
        let scheduler = Scheduler(seed: seed, isRecording: isRecording)
        let weather = Weather(&scheduler.chance)
        scheduler.note("seed \(seed): \(weather)")
        let world = World(
            scheduler: scheduler, weather: weather, defect: defect, schema: cloud.schema, contents: cloud.contents)
        defer { world.clearAway() }
        let workload = Workload(world: world, proxy: SimulatedProxy(world: world), cloud: cloud)
        let clients = 2 + scheduler.chance.number(below: 4)
        let requests = 3 + scheduler.chance.number(below: 8)
        let pause = scheduler.chance.choice([20, 200, 1_000]) ?? 200
        scheduler.after(.second) {
            workload.start(clients: clients, requests: requests, pause: pause * .millisecond)
        }
        Poison(world: world, object: cloud.registers.first ?? "").spread(
            within: .second + requests * pause * .millisecond / 2)
        FaultPlan(world: world, span: .second + requests * pause * .millisecond / 2 + .second).begin()
        var violations: [String] = []
        scheduler.run(until: { false }, limit: 2 * .second + requests * pause * .millisecond)
        if !scheduler.run(until: { workload.running == 0 }, limit: 400 * .second) {
            violations.append("\(workload.running) clients wait for ever")
        }
        scheduler.note("everything is healed")
        world.heal()
        let checks = Checks(world: world, workload: workload)
        if !scheduler.run(until: { checks.isSettled }, limit: scheduler.time + 400 * .second) {
            violations.append("nothing settles after all faults have ended: \(checks.unsettled)")
        }
        violations += checks.violations()
        for violation in violations { scheduler.note("VIOLATED: \(violation)") }
        return Outcome(
            violations: violations, trace: scheduler.trace, jobs: scheduler.jobs, requests: workload.history.count)
    }
}
