import History

/// The report as one page: no script, no other resource, for a screen in light or dark and for paper.
struct PageReport {
    let report: DrillReport
    private let colours: HostColours

    init(report: DrillReport) {
        self.report = report
        colours = HostColours(report.results)
    }

    var text: String {
        let sections = report.results.enumerated().map { index, result in
            ScenarioSection(result: result, title: report.titles[index], index: index, colours: colours).markup
        }
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Drill report: \(verdictWord)</title>
            <style>
            \(PageStyle.css)</style>
            </head>
            <body>
            \(header)
            <main>
            \(verdict)
            \(tiles)
            \(summary)
            \(medians)
            \(key)
            \(sections)</main>
            <footer>Written by skein drill\(report.circumstances.version.isEmpty ? "" : " " + report.circumstances.version). \
            All times are the load's own; an outage is the longest time in which clients waited and none was answered.</footer>
            </body>
            </html>

            """
        return page.text
    }

    private var verdictWord: String { report.passed ? "passed" : "failed" }

    private var header: Markup {
        let circumstances = report.circumstances
        var facts: [(String, String)] = []
        func add(_ name: String, _ value: String) { if !value.isEmpty { facts.append((name, value)) } }
        add("Began", circumstances.started.replacing("T", with: " ").replacing("Z", with: " UTC"))
        add("Installation", circumstances.installation)
        add("Controllers", circumstances.controllers.joined(separator: ", "))
        add("Virtual IPs", circumstances.virtualIPs.joined(separator: ", "))
        add("Load", circumstances.rate > 0 ? "\(circumstances.rate) requests a second" : "")
        add("Machine", circumstances.machine)
        let list = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" as Markup }
        return """
            <header><div class="inner"><p class="brand">\(PageStyle.mark)Skein</p><h1>Drill report</h1>
            <dl>\(list)</dl></div></header>
            """
    }

    private var verdict: Markup {
        let failed = report.results.enumerated().filter { !$0.element.passed }
        let count = report.results.count
        let medians = report.repetitions.flatMap { one in
            one.violations.map { "<li>\(one.scenario.name): \($0)</li>" as Markup }
        }
        if failed.isEmpty, medians.isEmpty {
            return """
                <p class="verdict ok"><strong>\(count == 1 ? "The scenario" : "All \(count) scenarios") passed.</strong> \
                \(Self.praise(report.results))</p>
                """
        }
        let names = failed.map { index, result -> Markup in
            "<li><a href=\"#\(ScenarioSection.anchor(index))\">\(report.titles[index])</a>: "
                + "\(result.violations.joined(separator: "; "))</li>"
        }
        return """
            <div class="verdict bad"><p><strong>\(failed.isEmpty ? "Runs taken together are beyond their limits." : "\(failed.count) of \(count) scenarios failed.")</strong></p>\
            <ul>\(names)\(medians)</ul></div>
            """
    }

    /// Scenarios that were run more than once.
    private var medians: Markup {
        guard !report.repetitions.isEmpty else { return "" }
        func cells(_ spread: Repetitions.Spread?, _ limit: Double?, _ text: (Double) -> String) -> Markup {
            guard let spread else { return "<td class=\"number\">–</td><td class=\"number\">–</td>" }
            let median: Markup =
                limit.map { Self.bounded(spread.median, $0) } ?? "<td class=\"number\">\(text(spread.median))</td>"
            return "\(median)<td class=\"number\">\(text(spread.worst))</td>"
        }
        let rows = report.repetitions.map { one -> Markup in
            let limits = one.isJudged ? one.scenario.limits.repeated : nil
            return """
                <tr><th scope="row">\(one.scenario.name)</th>\
                <td class="number">\(one.runs.count { $0.passed }) of \(one.runs.count)</td>\
                \(cells(one.outage, limits?.medianOutage, FigureText.seconds))\
                \(cells(one.writeOutage, limits?.medianWriteOutage, FigureText.seconds))\
                \(cells(one.recovery, nil, FigureText.seconds))\(cells(one.failed, nil) { FigureText.count(Int($0)) })</tr>

                """
        }
        return """
            <section class="card"><h2>Medians and worst</h2><div class="scroll"><table class="summary">
            <thead><tr><th scope="col">Scenario</th><th scope="col" class="number">Passed</th>\
            <th scope="col" class="number">Outage, s</th><th scope="col" class="number">worst</th>\
            <th scope="col" class="number">of writes, s</th><th scope="col" class="number">worst</th>\
            <th scope="col" class="number">Recovery, s</th><th scope="col" class="number">worst</th>\
            <th scope="col" class="number">Failed</th><th scope="col" class="number">worst</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private static func praise(_ results: [ScenarioResult]) -> Markup {
        let controls = results.count { $0.scenario.mustViolate != nil }
        let noticed: Markup = "Of each control, the drill noticed what it must."
        guard controls > 0 else { return "Every figure stayed within its limit." }
        return controls == results.count
            ? noticed : "Every figure stayed within its limit, but for the controls. \(noticed)"
    }

    /// What a reader in a hurry takes along. Controls say nothing of the installation, and are left out.
    private var tiles: Markup {
        let results = report.results.filter { $0.scenario.mustViolate == nil }
        guard !results.isEmpty else { return "" }
        let requests = results.reduce(0) { $0 + $1.availability.requests }
        let failed = results.reduce(0) { $0 + $1.availability.failed }
        let lost = results.reduce(0) { $0 + $1.audit.lost.count }
        let doubled = results.reduce(0) { $0 + $1.audit.doubled.count }
        let acknowledged = results.reduce(0) { $0 + $1.audit.acknowledged }
        let outage = results.max { $0.availability.longestOutage < $1.availability.longestOutage }
        let split = results.reduce(0) { $0 + $1.splitBrain }
        let tiles = [
            Self.tile(
                "\(results.count { $0.passed }) of \(results.count)", "scenarios passed", "",
                isGood: results.allSatisfy(\.passed)),
            Self.tile(
                outage.map { "\(FigureText.seconds($0.availability.longestOutage)) s" } ?? "none", "longest outage",
                outage?.scenario.name ?? ""),
            Self.tile(
                FigureText.count(failed), "requests failed",
                requests > 0 ? "\(FigureText.share(failed, of: requests)) of \(FigureText.count(requests))" : ""),
            Self.tile(
                FigureText.count(lost), "acknowledged objects lost", "of \(FigureText.count(acknowledged))",
                isGood: lost == 0),
            Self.tile(FigureText.count(doubled), "objects made twice", "", isGood: doubled == 0),
            Self.tile("\(FigureText.seconds(split)) s", "a virtual IP on two hosts", "", isGood: split == 0),
        ]
        return "<ul class=\"tiles\">\(tiles)</ul>"
    }

    private static func tile(_ figure: String, _ name: String, _ detail: String, isGood: Bool? = nil) -> Markup {
        let style = isGood.map { $0 ? " ok" : " bad" } ?? ""
        return """
            <li><span class="figure\(style)">\(figure)</span> <span class="name">\(name)</span> \
            <span class="quiet">\(detail)</span></li>
            """
    }

    private var summary: Markup {
        let rows = report.results.enumerated().map { index, result -> Markup in
            let availability = result.availability
            let limits = result.scenario.limits
            return """
                <tr><th scope="row"><a href="#\(ScenarioSection.anchor(index))">\(report.titles[index])</a>\
                <span class="quiet">\(result.scenario.family.rawValue), \(result.victim)</span></th>\
                <td>\(PageStyle.state(result.passed))</td>\
                <td class="number">\(FigureText.count(availability.requests))</td>\
                <td class="number">\(FigureText.count(availability.failed))</td>\
                \(Self.bounded(availability.longestOutage, limits.outage))\
                <td class="number">\(FigureText.seconds(result.writes.longestOutage))</td>\
                \(result.recovery.map { Self.bounded($0, limits.recovery) } ?? "<td class=\"number bad\">not in time</td>")\
                <td class="number">\(result.audit.lost.count)</td><td class="number">\(result.audit.doubled.count)</td>\
                <td>\(result.linearizability == .linearizable ? "yes" : "no")</td>\
                <td class="number">\(FigureText.seconds(result.splitBrain))</td></tr>

                """
        }
        return """
            <section class="card"><h2>Scenarios</h2><div class="scroll"><table class="summary">
            <thead><tr><th scope="col">Scenario</th><th scope="col">Verdict</th>\
            <th scope="col" class="number">Requests</th><th scope="col" class="number">Failed</th>\
            <th scope="col" class="number">Outage, s</th><th scope="col" class="number">of writes, s</th>\
            <th scope="col" class="number">Recovery, s</th><th scope="col" class="number">Lost</th>\
            <th scope="col" class="number">Twice</th><th scope="col">Linearizable</th>\
            <th scope="col" class="number">Two VIP owners, s</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    /// A figure with a bar that shows how much of its limit it takes.
    private static func bounded(_ value: Double, _ limit: Double) -> Markup {
        """
        <td class="number">\(FigureText.seconds(value))<span class="of"> of \(FigureText.shortSeconds(limit))</span>\
        \(PageStyle.meter(limit > 0 ? value / limit : 1))</td>
        """
    }

    /// What the colours and shapes of the pictures mean.
    private var key: Markup {
        let hosts = colours.hosts.map { host -> Markup in
            "<li><span class=\"swatch \(colours.style(of: [host]))\"></span>\(host)</li>"
        }
        let others: [(String, String)] = [
            ("unknown-swatch", "failed, outcome unknown"), ("refused-swatch", "refused"),
            ("outage-swatch", "longest outage"), ("fault-swatch", "while the fault lasts"), ("nobody", "nobody"),
            ("contested", "two owners at once"), ("unknown", "not known"),
        ]
        return """
            <section class="card key"><h2>How to read the pictures</h2>
            <ul class="key">\(hosts)\(others.map { "<li><span class=\"swatch \($0.0)\"></span>\($0.1)</li>" as Markup })</ul>
            <p>Time runs from left to right, in seconds since the first fault began. In a whole scenario the band over reads and
            writes reaches from the median to the slowest answer of each step, and the line is the median; in a close-up each dot
            is one answered request, at the moment it was sent and as high as it waited. Every failed request is a bar of its own,
            as long as its client waited.</p></section>
            """
    }
}
