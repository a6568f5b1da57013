import History
import JSON
import Testing

@testable import Drill

/// When a control passes: the drill has noticed what it must, and nothing else.
@Suite struct ControlTests {
    private func control(_ name: String) throws -> Scenario {
        try #require(Scenario.controls.first { $0.name == name })
    }

    /// A load of eight creates, writes and reads, one after the other, judged as the scenario says.
    private func result(
        _ scenario: Scenario, lost: [MessageQueue: Int] = [:], outage: Int64 = 0, recovery: Double? = 1
    ) throws -> ScenarioResult {
        var requests: [RecordedRequest] = []
        func add(_ operation: RecordedRequest.Operation, _ value: String?) {
            let start = Int64(requests.count) * 10_000
            // The last one waits.
            requests.append(
                RecordedRequest(
                    operation: operation, start: start, end: start + 1000 + (value == "v7" ? outage : 0),
                    outcome: .succeeded(value)))
        }
        var record = LoadRecord(requests: [])
        for number in 0..<8 {
            add(.create(name: "n\(number)"), "id\(number)")
            record.objects.append(.init(name: "n\(number)", id: "id\(number)"))
            add(.write(register: "r", value: "v\(number)"), nil)
            add(.read(register: "r"), "v\(number)")
            for queue in lost.keys {
                add(.publish(queue: queue.rawValue, message: "\(number)"), nil)
                record.messages[queue.rawValue, default: []] += number < lost[queue] ?? 0 ? [] : ["\(number)"]
            }
        }
        record.requests = requests
        let judged = try scenario.judged(record)
        var result = ScenarioResult(
            scenario: scenario, victim: "", availability: Availability(of: judged.requests),
            writes: Availability(of: []), audit: judged.objectAudit,
            linearizability: Linearizability.check(judged.requests, initial: ""), recovery: recovery, splitBrain: 0,
            leftovers: [], timeline: .empty)
        result.messages = judged.messageAudits
        return result
    }

    @Test(arguments: PlantedDefect.allCases) func whatIsPlantedIsNoticed(defect: PlantedDefect) throws {
        let result = try result(try control("planted-\(defect.rawValue)"))
        #expect(result.passed, "\(result.violations)")
        #expect(result.noticed.count == 1)
    }

    /// The same record passes an ordinary scenario, and fails a control in which it should have been wrong.
    @Test(arguments: PlantedDefect.allCases) func aCheckThatFindsNothingFails(defect: PlantedDefect) throws {
        var scenario = try control("planted-\(defect.rawValue)")
        scenario.planted = nil
        let missed = try result(scenario)
        #expect(!missed.passed && missed.noticed.isEmpty)
        #expect(missed.violations.first?.hasPrefix("the drill did not notice") == true)
        scenario.mustViolate = nil
        #expect(try result(scenario).passed)
    }

    /// Another defect than the planted one is no success.
    @Test func theWrongDefectIsNotEnough() throws {
        var scenario = try control("planted-lost-object")
        scenario.planted = .doubledObject
        let result = try result(scenario)
        #expect(!result.passed)
        #expect(result.violations.count == 2)
    }

    @Test func nothingIsPlantedInARecordThatIsWrongAlready() throws {
        let scenario = try control("planted-stale-read")
        let lost = LoadRecord(requests: [
            RecordedRequest(operation: .create(name: "a"), start: 0, end: 1, outcome: .succeeded("id"))
        ])
        #expect(throws: DrillError.self) { try scenario.judged(lost) }
        #expect(throws: DrillError.self) { try scenario.judged(LoadRecord(requests: [])) }
    }

    @Test func aMirroredQueueMustLoseAndAQuorumQueueMustNot() throws {
        let scenario = try control("mirrored-queue-partition")
        let loss = try result(scenario, lost: [.mirrored: 2, .quorum: 0])
        #expect(loss.passed && !loss.isInconclusive)
        #expect(loss.noticed == ["2 of 8 confirmed messages lost in the mirrored queue"])
        let both = try result(scenario, lost: [.mirrored: 2, .quorum: 1])
        #expect(both.violations == ["1 of 8 confirmed messages lost in the quorum queue"])
        // Nothing lost this time: once more. But a loss of the quorum queue is no reason for another try.
        let none = try result(scenario, lost: [.mirrored: 0, .quorum: 0])
        #expect(!none.passed && none.isInconclusive)
        #expect(try !result(scenario, lost: [.mirrored: 0, .quorum: 1]).isInconclusive)
        #expect(scenario.attempts > 1)
    }

    @Test func clientsThatWaitAreNoticedAndAFailedRecoveryIsNot() throws {
        let scenario = try control("usual-vrrp-silence-control")
        #expect(try result(scenario, outage: 5_000_000).passed)
        #expect(try !result(scenario).passed)
        let broken = try result(scenario, outage: 5_000_000, recovery: nil)
        #expect(broken.violations.count == 1 && !broken.passed)
        var failed = try result(scenario, outage: 5_000_000)
        failed.error = "the fault could not be injected"
        #expect(failed.violations == ["the fault could not be injected"])
    }

    @Test func reportsSayWhatWasNoticed() throws {
        let noticed = try result(try control("mirrored-queue-partition"), lost: [.mirrored: 2, .quorum: 0])
        let missed = try result(try control("mirrored-queue-partition"), lost: [.mirrored: 0, .quorum: 0])
        let report = DrillReport(results: [noticed, missed])
        let text = report.rendered(as: .text)
        #expect(text.contains("mirrored-queue-partition: noticed, as it must: 2 of 8 confirmed messages lost"))
        #expect(text.contains("mirrored-queue-partition: the drill did not notice a confirmed message lost"))
        let json = try JSONValue(parsing: report.rendered(as: .json))
        let scenario = try #require(json["scenarios"]?.arrayValue?.first)
        #expect(scenario["passed"] == true && scenario["noticed"]?.arrayValue?.count == 1)
        #expect(scenario["messages"]?.arrayValue?.first?["lost"] == 2)
        let junit = report.rendered(as: .junit)
        #expect(junit.contains("Noticed, as it must: 2 of 8") && junit.contains("failures=\"1\""))
        let page = report.rendered(as: .html)
        #expect(page.contains("Noticed: 2 of 8 confirmed messages lost in the mirrored queue."))
        #expect(page.contains("2 of 8"))
        // A control's figures are not the installation's.
        #expect(!page.contains("longest outage</span>"))
        #expect(DrillReport(results: [noticed]).rendered(as: .html).contains("noticed what it must"))
    }

    @Test func theTableSaysWhatMustBeNoticed() {
        let table = Scenario.table(Scenario.controls)
        #expect(table.contains("must notice an outage beyond the limits: outage 2 s"))
        #expect(table.contains("a stale read planted in the record"))
        #expect(table.contains("broker cut off from the others (queue leader); 12 s"))
    }
}
