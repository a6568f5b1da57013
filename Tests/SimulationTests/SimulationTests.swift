import Foundation
import Simulator
import Testing

/// The product's own code under many schedules; see docs/architecture.md, "Simulation".
@Suite struct SimulationTests {
    @Test func whateverDiesTheInvariantsHold() async throws {
        let budget = Budget.ofEnvironment
        let result = try await Campaign(firstSeed: budget.firstSeed)
            .run(until: .now + budget.time, atMost: budget.schedules)
        print(result.summary)
        for failure in result.failures { Issue.record(Comment(rawValue: failure.text)) }
    }

    @Test func aSeedReplaysExactly() throws {
        var hashes: Set<UInt64> = []
        for seed in UInt64(1)...5 {
            let first = try Simulation(seed: seed, isRecording: true).run()
            let second = try Simulation(seed: seed, isRecording: true).run()
            #expect(first.trace.lines == second.trace.lines)
            #expect(first.trace.hash == second.trace.hash)
            hashes.insert(first.trace.hash)
        }
        #expect(hashes.count == 5)
    }

    /// The checks can fail: what the real surroundings do not do is found when the simulated ones do it.
    @Test(.serialized, arguments: Defect.allCases)
    func aPlantedDefectIsFound(_ defect: Defect) async throws {
        // By schedules and not by time, so that a busy machine finds the same.
        let result = try await Campaign(firstSeed: 1, defect: defect).run(until: .now + .seconds(3600), atMost: 3000)
        #expect(!result.failures.isEmpty, "\(result.schedules) schedules did not find it")
        print("\(defect): found by schedule \(result.schedules): \(result.failures.first?.violations.first ?? "")")
    }
}
