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

    /// Why the scenario did not pass; empty when it did. A scenario that must violate its limits passes when clients
    /// noticed more than they allow, whatever else there was.
    package var violations: [String] {
        guard scenario.mustViolate else { return (error.map { [$0] } ?? []) + noticed + others }
        if let error { return [error] }
        return noticed.isEmpty ? ["the drill did not notice what it must notice"] : []
    }

    /// What clients noticed beyond the limits.
    package var noticed: [String] {
        var violations: [String] = []
        let limits = scenario.limits
        if let most = limits.failedRequests, availability.failed > most {
            violations.append("\(availability.failed) failed requests, limit \(most)")
        }
        if availability.longestOutage > limits.outage {
            violations.append("outage \(Self.text(availability.longestOutage)) s, limit \(Self.text(limits.outage)) s")
        }
        if writes.longestOutage > limits.writeOutage {
            violations.append(
                "outage of writes \(Self.text(writes.longestOutage)) s, limit \(Self.text(limits.writeOutage)) s")
        }
        if splitBrain > limits.splitBrain {
            violations.append("a virtual IP on two hosts for \(Self.text(splitBrain)) s")
        }
        return violations
    }

    private var others: [String] {
        var violations: [String] = []
        let limits = scenario.limits
        if let most = limits.serving, serving.map({ $0 > most }) ?? true {
            violations.append("serving after \(serving.map(Self.text) ?? "-") s, limit \(Self.text(most)) s")
        }
        if let recovery {
            if recovery > limits.recovery {
                violations.append("recovery \(Self.text(recovery)) s, limit \(Self.text(limits.recovery)) s")
            }
        } else {
            violations.append("not whole again within \(Self.text(limits.recovery)) s")
        }
        if !audit.lost.isEmpty { violations.append("\(audit.lost.count) acknowledged objects lost") }
        if !audit.doubled.isEmpty { violations.append("\(audit.doubled.count) objects doubled") }
        if !audit.unexpected.isEmpty { violations.append("\(audit.unexpected.count) refused objects are there") }
        if !leftovers.isEmpty { violations.append("left behind: \(leftovers.prefix(3).joined(separator: ", "))") }
        switch linearizability {
        case .linearizable: break
        case .violated(let object): violations.append("not linearizable: \(object)")
        case .undecided(let object): violations.append("linearizability undecided: \(object)")
        }
        return violations
    }

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
            "doubled": .integer(audit.doubled.count), "linearizable": .bool(linearizability == .linearizable),
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
