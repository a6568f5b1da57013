import Foundation
import Simulator
import Synchronization

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

/// Schedules of seeds that follow each other, several at a time, until one fails or the budget is used up.
struct Campaign: Sendable {
    let firstSeed: UInt64
    var defect: Defect?

    /// A seed whose schedule breaks an invariant.
    struct Failure: Sendable {
        let seed: UInt64
        let violations: [String]
        let trace: [String]

        /// What does not hold, how to see it again, and what led to it.
        var text: String {
            """
            Seed \(seed) violates:
              \(violations.prefix(10).joined(separator: "\n  "))
            Replay: SKEIN_SIMULATION_SEED=\(seed) SKEIN_SIMULATION_SCHEDULES=1 swift test --filter whateverDies
              \(trace.suffix(400).joined(separator: "\n  "))
            """
        }
    }

    /// What a campaign has done.
    struct Result: Sendable {
        var schedules = 0
        var requests = 0
        var jobs = 0
        var elapsed = Duration.zero
        var failures: [Failure] = []

        var summary: String {
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
            let rate = Int(10 * Double(schedules) / max(seconds, 0.001))
            return "simulation: \(schedules) schedules, \(requests) requests, \(jobs) jobs in \(Int(seconds)) s: "
                + "\(rate / 10).\(rate % 10) schedules/s"
        }
    }

    /// What the workers share.
    private final class Progress: Sendable {
        struct State: Sendable {
            var result = Result()
            var next = 0
        }

        let state = Mutex(State())
    }

    func run(until end: ContinuousClock.Instant, atMost limit: Int) async throws -> Result {
        let progress = Progress()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
                group.addTask {
                    while let seed = next(progress, until: end, atMost: limit) { try runOne(seed, progress) }
                }
            }
            try await group.waitForAll()
        }
        var result = progress.state.withLock { $0.result }
        result.elapsed = start.duration(to: .now)
        return result
    }

    private func next(_ progress: Progress, until end: ContinuousClock.Instant, atMost limit: Int) -> UInt64? {
        progress.state.withLock { state in
            guard state.next < limit, state.result.failures.isEmpty, ContinuousClock.now < end else { return nil }
            defer { state.next += 1 }
            return firstSeed &+ UInt64(state.next)
        }
    }

    private func runOne(_ seed: UInt64, _ progress: Progress) throws {
        let outcome = try Simulation(seed: seed, defect: defect).run()
        var failure: Failure?
        if !outcome.violations.isEmpty {
            let replay = try Simulation(seed: seed, defect: defect, isRecording: true).run()
            let isSame = replay.violations == outcome.violations
            failure = Failure(
                seed: seed,
                violations: outcome.violations
                    + (isSame ? [] : ["the replay was another one: a bug of the simulation"]),
                trace: replay.trace.lines)
        }
        progress.state.withLock { state in
            state.result.schedules += 1
            state.result.requests += outcome.requests
            state.result.jobs += outcome.jobs
            if let failure { state.result.failures.append(failure) }
        }
    }
}
