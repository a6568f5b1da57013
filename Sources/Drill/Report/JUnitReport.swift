import History

/// JUnit's XML: a test suite for each family, a test case for each scenario.
struct JUnitReport {
    let report: DrillReport

    var text: String {
        let results = report.results
        let suites = Scenario.Family.allCases.map { family -> Markup in
            let members = zip(results, report.titles).filter { $0.0.scenario.family == family }
            return members.isEmpty ? "" : suite(family.rawValue, members)
        }
        let document: Markup = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="skein drill"\(Self.counts(results, judged))>
            \(suites)</testsuites>

            """
        return document.text
    }

    /// The scenarios whose runs are judged together as well.
    private var judged: [Repetitions] { report.repetitions.filter(\.isJudged) }

    private func suite(_ name: String, _ members: [(ScenarioResult, title: String)]) -> Markup {
        let started = report.circumstances.started
        // JUnit's schema has a time without a zone; it is UTC.
        let timestamp: Markup =
            started.isEmpty ? "" : " timestamp=\"\(started.hasSuffix("Z") ? String(started.dropLast()) : started)\""
        let together = judged.filter { $0.scenario.family.rawValue == name }
        return """
            <testsuite name="\(name)"\(Self.counts(members.map(\.0), together))\(timestamp)>
            \(members.map { Self.testcase($0.0, title: $0.title, suite: name) })\
            \(together.map { Self.testcase($0, suite: name) })</testsuite>

            """
    }

    private static func counts(_ results: [ScenarioResult], _ together: [Repetitions]) -> Markup {
        let errors = results.count { $0.error != nil }
        let failures = results.count { !$0.passed } - errors + together.count { !$0.violations.isEmpty }
        let time = results.reduce(0) { $0 + seconds($1) }
        return """
             tests="\(results.count + together.count)" failures="\(max(failures, 0))" errors="\(errors)" \
            time="\(FigureText.seconds(time))"
            """
    }

    private static func testcase(_ result: ScenarioResult, title: String, suite: String) -> Markup {
        """
        <testcase classname="drill.\(suite)" name="\(title)" \
        time="\(FigureText.seconds(seconds(result)))">
        \(verdict(result))<system-out>\(figures(result))</system-out>
        </testcase>

        """
    }

    private static func testcase(_ repetitions: Repetitions, suite: String) -> Markup {
        let verdict: Markup =
            repetitions.violations.first.map { first in
                "<failure type=\"limit\" message=\"\(first)\">\(lines(repetitions.violations))</failure>\n"
            } ?? ""
        return """
            <testcase classname="drill.\(suite)" \
            name="\(repetitions.scenario.name), \(repetitions.runs.count) runs together" time="0">
            \(verdict)</testcase>

            """
    }

    /// A scenario that could not be run to its end is an error, one beyond its limits a failure; so is a control that is
    /// within them.
    private static func verdict(_ result: ScenarioResult) -> Markup {
        guard let first = result.violations.first else { return "" }
        let all = lines(result.violations)
        guard result.error == nil else {
            return "<error type=\"drill\" message=\"\(first)\">\(all)</error>\n"
        }
        return "<failure type=\"limit\" message=\"\(first)\">\(all)</failure>\n"
    }

    private static func figures(_ result: ScenarioResult) -> Markup {
        var text = result.timeline.faults.map { "\($0.name) on \($0.host)" }
        text += result.noticed.map { "Noticed, as it must: \($0)" }
        text += Measurement.all(of: result).map { "\($0.name): \($0.value)\($0.limit.map { " (limit: \($0))" } ?? "")" }
        text += result.availability.failures.sorted { $0.key < $1.key }.map { "Failed with \($0.key): \($0.value)" }
        return lines(text)
    }

    private static func seconds(_ result: ScenarioResult) -> Double {
        Double(result.timeline.range.count) / 1_000_000
    }

    /// Line ends inside of a text stay what they are; only those of an attribute would need an escape.
    private static func lines(_ lines: [String]) -> Markup {
        guard let first = lines.first else { return "" }
        return lines.dropFirst().reduce("\(first)") { $0 + "\n" + "\($1)" }
    }
}
