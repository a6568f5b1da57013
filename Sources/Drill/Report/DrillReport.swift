import History
import JSON

/// The results of a drill, for people and for machines.
package struct DrillReport: Sendable {
    package var results: [ScenarioResult]
    package var circumstances: Circumstances

    /// What a reader must know to judge the figures.
    package struct Circumstances: Hashable, Sendable {
        /// When the drill began: ISO 8601 in UTC, such as `2026-11-22T17:00:00Z`; empty when it was not noted.
        package var started = ""
        /// What was drilled, such as the testbed's file and the lab.
        package var installation = ""
        package var controllers: [String] = []
        package var virtualIPs: [String] = []
        /// Requests per second of the load; 0 when it was not noted.
        package var rate = 0
        /// What the hosts and the load ran on, such as `2 processors`.
        package var machine = ""
        /// Of Skein.
        package var version = ""

        package init() {}
    }

    package init(results: [ScenarioResult], circumstances: Circumstances = Circumstances()) {
        self.results = results
        self.circumstances = circumstances
    }

    /// Whether each run kept its limits, and the runs of each scenario those of their medians.
    package var passed: Bool { results.allSatisfy(\.passed) && repetitions.allSatisfy(\.violations.isEmpty) }

    /// The scenarios that were run more than once.
    package var repetitions: [Repetitions] { Repetitions.all(of: results).filter { $0.runs.count > 1 } }

    /// The name of each result: its scenario's, and which run it was when there was more than one.
    var titles: [String] {
        var runs: [String: Int] = [:]
        return results.map { result in
            let name = result.scenario.name
            runs[name, default: 0] += 1
            let isRepeated = results.count { $0.scenario.name == name } > 1
            return isRepeated ? "\(name), run \(runs[name] ?? 1)" : name
        }
    }

    /// A table for a terminal.
    package var text: String { TextReport(report: self).text }

    package var json: JSONValue {
        [
            "passed": .bool(passed), "started": .string(circumstances.started),
            "installation": .string(circumstances.installation),
            "controllers": .array(circumstances.controllers.map { .string($0) }),
            "virtual_ips": .array(circumstances.virtualIPs.map { .string($0) }),
            "requests_per_second": .integer(circumstances.rate), "machine": .string(circumstances.machine),
            "version": .string(circumstances.version), "scenarios": .array(results.map(\.json)),
            "repetitions": .array(repetitions.map(\.json)),
        ]
    }
}
