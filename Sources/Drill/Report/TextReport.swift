import History

/// A table for a terminal: one line a scenario, then what was violated.
struct TextReport {
    let report: DrillReport

    private static let header = [
        "scenario", "victim", "requests", "failed", "outage s", "writes s", "p99 ms", "recovery s", "lost", "doubled",
        "linearizable", "two VIPs s", "",
    ]

    var text: String {
        let table = [Self.header] + report.results.map(Self.row)
        let widths = Self.header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        var lines = table.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        for result in report.results {
            if !result.noticed.isEmpty {
                lines.append("\(result.scenario.name): noticed, as it must: \(result.noticed.joined(separator: "; "))")
            }
            lines += result.greedy.map { "\(result.scenario.name): \($0.text)" }
            if !result.passed {
                lines.append("\(result.scenario.name): \(result.violations.joined(separator: "; "))")
            }
        }
        if !report.repetitions.isEmpty { lines += ["", RepetitionTable(repetitions: report.repetitions).text] }
        return lines.joined(separator: "\n")
    }

    private static func row(_ result: ScenarioResult) -> [String] {
        [
            result.scenario.name, result.victim, "\(result.availability.requests)", "\(result.availability.failed)",
            ScenarioResult.text(result.availability.longestOutage), ScenarioResult.text(result.writes.longestOutage),
            "\(Int(result.availability.percentile99Milliseconds))",
            result.recovery.map { ScenarioResult.text($0) } ?? "-", "\(result.audit.lost.count)",
            "\(result.audit.doubled.count)", result.linearizability == .linearizable ? "yes" : "NO",
            ScenarioResult.text(result.splitBrain), result.passed ? "pass" : "FAIL",
        ]
    }
}
