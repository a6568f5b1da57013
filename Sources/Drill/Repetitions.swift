import History
import JSON

/// The runs of one scenario, taken together: medians and worst, and whether the medians keep their limits.
package struct Repetitions: Sendable {
    /// So many runs have a median that says something.
    package static let fewest = 3

    /// In the order in which they were made; never empty.
    package let runs: [ScenarioResult]
    package let scenario: Scenario

    /// Groups results by their scenario, in the order in which those were first run.
    package static func all(of results: [ScenarioResult]) -> [Repetitions] {
        var groups: [(scenario: Scenario, runs: [ScenarioResult])] = []
        for result in results {
            if let index = groups.firstIndex(where: { $0.scenario.name == result.scenario.name }) {
                groups[index].runs.append(result)
            } else {
                groups.append((result.scenario, [result]))
            }
        }
        return groups.map { Repetitions(runs: $0.runs, scenario: $0.scenario) }
    }

    /// The middle of some figures and the largest; nil when there are none.
    package struct Spread: Hashable, Sendable {
        /// Of an even number of figures the upper of the two in the middle.
        package let median: Double
        package let worst: Double

        init?(_ values: [Double]) {
            guard let worst = values.max() else { return nil }
            median = values.sorted()[values.count / 2]
            self.worst = worst
        }
    }

    package var outage: Spread? { Spread(runs.map(\.availability.longestOutage)) }
    package var writeOutage: Spread? { Spread(runs.map(\.writes.longestOutage)) }
    /// Of the runs after which everything was whole again.
    package var recovery: Spread? { Spread(runs.compactMap(\.recovery)) }
    package var failed: Spread? { Spread(runs.map { Double($0.availability.failed) }) }

    /// Whether there are so many runs, and limits for them, that they are judged together.
    package var isJudged: Bool { runs.count >= Self.fewest && scenario.limits.repeated != nil }

    /// What is wrong with the runs taken together; each run's own violations are its own.
    package var violations: [String] {
        guard isJudged, let limits = scenario.limits.repeated else { return [] }
        return [
            ("median outage", outage?.median, limits.medianOutage), ("worst outage", outage?.worst, limits.worst),
            ("median outage of writes", writeOutage?.median, limits.medianWriteOutage),
            ("worst outage of writes", writeOutage?.worst, limits.worst),
        ].compactMap { name, seconds, limit in
            guard let seconds, seconds > limit else { return nil }
            return "\(name) \(ScenarioResult.text(seconds)) s of \(runs.count) runs, "
                + "limit \(ScenarioResult.text(limit)) s"
        }
    }

    package var json: JSONValue {
        func spread(_ spread: Spread?) -> JSONValue {
            spread.map { ["median": .number($0.median), "worst": .number($0.worst)] } ?? .null
        }
        return [
            "scenario": .string(scenario.name), "runs": .integer(runs.count),
            "passed": .integer(runs.count(where: \.passed)), "outage_seconds": spread(outage),
            "write_outage_seconds": spread(writeOutage), "recovery_seconds": spread(recovery),
            "failed": spread(failed), "violations": .array(violations.map { .string($0) }),
        ]
    }
}

/// A table for a terminal: one line a scenario that was run more than once, then what is wrong with medians.
struct RepetitionTable {
    let repetitions: [Repetitions]

    private static let header = [
        "scenario", "runs", "passed", "outage s", "writes s", "recovery s", "failed (median / worst)",
    ]

    var text: String {
        let table = [Self.header] + repetitions.map(Self.row)
        let widths = (0..<Self.header.count - 1).map { column in table.map { $0[column].count }.max() ?? 0 } + [0]
        let lines = table.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
        }
        let wrong = repetitions.flatMap { one in one.violations.map { "\(one.scenario.name): \($0)" } }
        return (lines + wrong).joined(separator: "\n")
    }

    private static func row(_ repetitions: Repetitions) -> [String] {
        [
            repetitions.scenario.name, "\(repetitions.runs.count)", "\(repetitions.runs.count(where: \.passed))",
            pair(repetitions.outage, ScenarioResult.text), pair(repetitions.writeOutage, ScenarioResult.text),
            pair(repetitions.recovery, ScenarioResult.text), pair(repetitions.failed) { "\(Int($0))" },
        ]
    }

    private static func pair(_ spread: Repetitions.Spread?, _ text: (Double) -> String) -> String {
        spread.map { "\(text($0.median)) / \(text($0.worst))" } ?? "-"
    }
}
