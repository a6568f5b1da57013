import History

/// Medians and worst of scenarios that were run more than once.
package enum RepetitionSummary {
    /// The middle of some values, or the upper of the two in the middle; nil when there are none.
    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        return values.sorted()[values.count / 2]
    }

    /// One line a scenario, in the order in which they were run: median and worst of outage, outage of writes, recovery.
    package static func text(_ results: [ScenarioResult]) -> String {
        var names: [String] = []
        for result in results where !names.contains(result.scenario.name) { names.append(result.scenario.name) }
        let rows = names.map { name in
            let runs = results.filter { $0.scenario.name == name }
            return [
                name, "\(runs.count)", "\(runs.count(where: \.passed))",
                pair(runs.map(\.availability.longestOutage)), pair(runs.map(\.writes.longestOutage)),
                pair(runs.compactMap(\.recovery)), pair(runs.map { Double($0.availability.failed) }),
            ]
        }
        let table =
            [["scenario", "runs", "passed", "outage s", "writes s", "recovery s", "failed (median / worst)"]] + rows
        let widths = (0..<6).map { column in table.map { $0[column].count }.max() ?? 0 } + [0]
        return table.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func pair(_ values: [Double]) -> String {
        guard let median = median(values), let worst = values.max() else { return "-" }
        return "\(ScenarioResult.text(median)) / \(ScenarioResult.text(worst))"
    }
}
