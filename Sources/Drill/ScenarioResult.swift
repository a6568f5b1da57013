import History
import JSON

/// What one scenario did to the load, measured.
package struct ScenarioResult: Sendable {
    package var scenario: Scenario
    /// The host it happened to.
    package var victim: String
    package var availability: Availability
    /// Of writes alone: ports made and deleted, and registers written.
    package var writes: Availability
    package var audit: ObjectAudit
    /// Of a load of messages: what became of those of each queue.
    package var messages: [MessageAudit] = []
    /// What a greedy client was told, when there was one.
    package var greedy: [GreedyAnswers] = []
    package var linearizability: Linearizability.Verdict
    /// From the end of the fault until the installation was whole again, in seconds; nil when it was not in time.
    package var recovery: Double?
    /// From the last step until a write that began after it had succeeded, in seconds; nil when none did.
    package var serving: Double?
    /// How well the load itself kept to its schedule; nil when it was not measured.
    package var load: LoadPace?
    /// For how long a virtual IP was seen on two hosts, in seconds.
    package var splitBrain: Double
    /// What was still there after cleaning up.
    package var leftovers: [String]
    /// What happened when.
    package var timeline: Timeline
    /// The fault could not be injected, or the load not be run.
    package var error: String?
    /// Of a control that may be run more than once: which run this was, from 1.
    package var attempt = 1

    package init(
        scenario: Scenario, victim: String, availability: Availability, writes: Availability, audit: ObjectAudit,
        linearizability: Linearizability.Verdict, recovery: Double?, splitBrain: Double, leftovers: [String],
        timeline: Timeline, error: String? = nil
    ) {
        self.scenario = scenario
        self.victim = victim
        self.availability = availability
        self.writes = writes
        self.audit = audit
        self.linearizability = linearizability
        self.recovery = recovery
        self.splitBrain = splitBrain
        self.leftovers = leftovers
        self.timeline = timeline
        self.error = error
    }

    /// Why the scenario did not pass; empty when it did. A control passes when the drill has noticed what it must, and
    /// nothing else.
    package var violations: [String] {
        guard let expected = scenario.mustViolate else { return (error.map { [$0] } ?? []) + found.map(\.text) }
        if let error { return [error] }
        return (noticed.isEmpty ? ["the drill did not notice \(expected.text)"] : [])
            + found.filter { $0.kind != expected }.map(\.text)
    }

    /// What the drill has noticed of a control that it must notice.
    package var noticed: [String] { found.filter { $0.kind == scenario.mustViolate }.map(\.text) }

    /// Whether nothing is wrong but that there was nothing to notice: then another run may show it.
    var isInconclusive: Bool { scenario.mustViolate != nil && error == nil && found.isEmpty }

    package var passed: Bool { violations.isEmpty }

    /// The result for machines.
    package var json: JSONValue {
        [
            "scenario": .string(scenario.name), "family": .string(scenario.family.rawValue),
            "victim": .string(victim), "passed": .bool(passed),
            "violations": .array(violations.map { .string($0) }),
            "requests": .integer(availability.requests), "failed": .integer(availability.failed),
            "failures": .object(
                JSONObject(availability.failures.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            "longest_outage_seconds": .number(availability.longestOutage),
            "longest_write_outage_seconds": .number(writes.longestOutage),
            "median_milliseconds": .number(availability.medianMilliseconds),
            "percentile_99_milliseconds": .number(availability.percentile99Milliseconds),
            "slowest_milliseconds": .number(availability.slowestMilliseconds),
            "recovery_seconds": recovery.map { .number($0) } ?? .null,
            "serving_seconds": serving.map { .number($0) } ?? .null,
            "load": load?.json ?? .null, "leftovers": .array(leftovers.map { .string($0) }),
            "acknowledged": .integer(audit.acknowledged), "lost": .integer(audit.lost.count),
            "doubled": .integer(audit.doubled.count), "messages": .array(messages.map(\.json)),
            "greedy_client": .array(greedy.map(\.json)),
            "must_notice": scenario.mustViolate.map { .string($0.text) } ?? .null,
            "noticed": .array(noticed.map { .string($0) }), "attempt": .integer(attempt),
            "linearizable": .bool(linearizability == .linearizable),
            "split_brain_seconds": .number(splitBrain), "timeline": timeline.json,
        ]
    }

    /// The seconds from a moment until a write that began after it had succeeded.
    static func serving(_ requests: [RecordedRequest], after moment: Int64) -> Double? {
        let ends = requests.filter { $0.operation.isWrite && $0.succeeded && $0.start >= moment }.map(\.end)
        return ends.min().map { Double($0 - moment) / 1_000_000 }
    }

    static func text(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
