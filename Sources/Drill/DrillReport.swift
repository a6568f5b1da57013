import History
import JSON

/// The results of a drill as a table for people and as JSON.
package struct DrillReport: Sendable {
    package var results: [ScenarioResult]

    package init(results: [ScenarioResult]) {
        self.results = results
    }

    package var passed: Bool { results.allSatisfy(\.passed) }

    /// One line a scenario: requests, failed, longest outage, recovery, lost, doubled, linearizable.
    package var text: String {
        let header = [
            "scenario", "victim", "requests", "failed", "outage s", "writes s", "p99 ms", "recovery s", "lost",
            "doubled", "linearizable", "two VIPs s", "",
        ]
        let rows = results.map { result in
            [
                result.scenario.name, result.victim, "\(result.availability.requests)", "\(result.availability.failed)",
                ScenarioResult.text(result.availability.longestOutage),
                ScenarioResult.text(result.writes.longestOutage),
                "\(Int(result.availability.percentile99Milliseconds))",
                result.recovery.map { ScenarioResult.text($0) } ?? "-", "\(result.audit.lost.count)",
                "\(result.audit.doubled.count)", result.linearizability == .linearizable ? "yes" : "NO",
                ScenarioResult.text(result.splitBrain), result.passed ? "pass" : "FAIL",
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        var lines = ([header] + rows).map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        for result in results where !result.passed {
            lines.append("\(result.scenario.name): \(result.violations.joined(separator: "; "))")
        }
        return lines.joined(separator: "\n")
    }

    package var json: JSONValue {
        ["passed": .bool(passed), "scenarios": .array(results.map(\.json))]
    }
}
