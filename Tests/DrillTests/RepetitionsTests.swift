import Drill
import History
import JSON
import Testing

@Suite struct RepetitionsTests {
    /// A run of `power-off` in which both virtual IPs gave no answer for so many seconds.
    private func run(outage: Double) -> ScenarioResult {
        let end = Int64(outage * 1_000_000)
        let request = RecordedRequest(
            operation: .create(name: "port"), start: 0, end: end, outcome: .succeeded("id-port"))
        return ExampleReport.result(
            "power-off", victim: "controller1", requests: [request], timeline: .empty, recovery: 30)
    }

    @Test func medianAndWorst() throws {
        let runs = Repetitions.all(of: [0.4, 1.5, 0.3, 0.45, 0.2].map(run))
        let one = try #require(runs.first)
        #expect(runs.count == 1)
        #expect(one.outage?.median == 0.4)
        #expect(one.outage?.worst == 1.5)
        #expect(one.violations.isEmpty)
    }

    @Test func aMedianBeyondItsLimitFailsTheReport() throws {
        let results = [0.6, 1.1, 0.3, 0.7, 0.2].map(run)
        #expect(results.allSatisfy { $0.passed })
        let report = DrillReport(results: results)
        #expect(!report.passed)
        #expect(report.repetitions.first?.violations == ["median outage 0.60 s of 5 runs, limit 0.50 s"])
        #expect(report.rendered(as: .text).contains("power-off: median outage 0.60 s of 5 runs"))
        #expect(report.rendered(as: .html).contains("Medians and worst"))
        #expect(report.rendered(as: .html).contains("Runs taken together are beyond their limits."))
        #expect(report.rendered(as: .junit).contains("power-off, 5 runs together"))
        #expect(report.rendered(as: .junit).contains("tests=\"6\" failures=\"1\" errors=\"0\""))
        let json = try JSONValue(parsing: report.rendered(as: .json))
        let outage = try #require(json["repetitions"]?.arrayValue?.first?["outage_seconds"])
        #expect(outage == ["median": .number(0.6), "worst": .number(1.1)])
    }

    /// Two runs have no median that says something, and one run is no repetition.
    @Test func fewRunsAreJudgedByThemselves() {
        #expect(DrillReport(results: [run(outage: 0.8), run(outage: 0.9)]).passed)
        #expect(DrillReport(results: [run(outage: 0.8)]).repetitions.isEmpty)
    }
}
