import Foundation

/// How much is tried, and from which seed on: `SKEIN_SIMULATION_SECONDS`, `SKEIN_SIMULATION_SCHEDULES` and
/// `SKEIN_SIMULATION_SEED`.
struct Budget {
    let firstSeed: UInt64
    let time: Duration
    let schedules: Int

    static var ofEnvironment: Budget {
        let environment = ProcessInfo.processInfo.environment
        return Budget(
            firstSeed: environment["SKEIN_SIMULATION_SEED"].flatMap { UInt64($0) } ?? 1,
            time: .seconds(environment["SKEIN_SIMULATION_SECONDS"].flatMap { Int($0) } ?? 60),
            schedules: environment["SKEIN_SIMULATION_SCHEDULES"].flatMap { Int($0) } ?? .max)
    }
}

/// Schedules of seeds that follow each other, until one fails or the budget is used up.
struct Campaign {
    let firstSeed: UInt64
    let defect: Defect?

    struct Failure {
        let seed: UInt64
        let violations: [String]
        let trace: [String]

        /// What holds no more, how to see it again, and what led to it.
        var text: String {
            """
            Seed \(seed) violates:
              \(violations.prefix(10).joined(separator: "\n  "))
            Replay: SKEIN_SIMULATION_SEED=\(seed) SKEIN_SIMULATION_SCHEDULES=1 swift test --filter whateverDies
              \(trace.suffix(400).joined(separator: "\n  "))
            """
        }
    }

    struct Result {
        var schedules = 0
        var requests = 0
        var jobs = 0
        var elapsed = Duration.zero
        var failures: [Failure] = []

        var summary: String {
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            return "\(schedules) schedules, \(requests) requests, \(jobs) jobs in \(Int(seconds)) s: "
                + "\(Int(Double(schedules) / max(seconds, 0.001))) schedules/s"
        }
    }

    func run(until end: ContinuousClock.Instant, atMost limit: Int) throws -> Result {
        var result = Result()
        let start = ContinuousClock.now
        while result.schedules < limit, result.failures.isEmpty, ContinuousClock.now < end {
            let seed = firstSeed &+ UInt64(result.schedules)
            let outcome = try Simulation(seed: seed, defect: defect).run()
            result.schedules += 1
            result.requests += outcome.requests
            result.jobs += outcome.jobs
            guard !outcome.violations.isEmpty else { continue }
            let replay = try Simulation(seed: seed, defect: defect, isRecording: defect == nil).run()
            let doubt =
                replay.violations == outcome.violations ? [] : ["the replay was another one: a bug of the simulation"]
            result.failures.append(
                Failure(seed: seed, violations: outcome.violations + doubt, trace: replay.trace.lines))
        }
        result.elapsed = start.duration(to: .now)
        return result
    }
}
