import History

/// The part of the page that tells of one scenario.
struct ScenarioSection {
    let result: ScenarioResult
    let title: String
    /// Its place in the page.
    let index: Int
    let colours: HostColours

    /// The section's id: a scenario may be in a page more than once.
    static func anchor(_ index: Int) -> String { "scenario-\(index + 1)" }

    var markup: Markup {
        """
        <section class="card scenario" id="\(Self.anchor(index))">
        <h2>\(title) \(PageStyle.state(result.passed))
        <span class="tag">\(result.scenario.family.rawValue)</span></h2>
        <p class="facts">\(story)</p>
        \(violations)\
        \(pictures)\
        <div class="columns"><div>\(measurements)</div><div>\(failures)\(greedy)\(owners)</div></div>
        </section>

        """
    }

    /// What was done to whom.
    private var story: String {
        let timeline = result.timeline
        var sentences = timeline.faults.map { fault in
            let time = seconds(fault.begin)
            // What undoes itself ends in the moment it began.
            guard let end = fault.end, end - fault.begin > 500_000 else {
                return fault.end == nil
                    ? "\(fault.host): \(fault.name) at \(time) s, not undone."
                    : "\(fault.host): \(fault.name) at \(time) s."
            }
            return "\(fault.host): \(fault.name) from \(time) s to \(seconds(end)) s."
        }
        if sentences.isEmpty {
            sentences.append("Nothing was done to \(result.victim.isEmpty ? "any host" : result.victim).")
        }
        if let whole = timeline.whole { sentences.append("Everything whole again at \(seconds(whole)) s.") }
        if let planted = result.scenario.planted {
            sentences.append("Planted in what was recorded: \(planted.text).")
        }
        if let defect = result.scenario.mustViolate {
            sentences.append("A control: it passes when the drill notices \(defect.text), and nothing else.")
        }
        if !result.noticed.isEmpty { sentences.append("Noticed: \(result.noticed.joined(separator: "; ")).") }
        return sentences.joined(separator: " ")
    }

    private var violations: Markup {
        guard !result.passed else { return "" }
        return "<ul class=\"verdict bad\">\(result.violations.map { "<li>\($0)</li>" as Markup })</ul>"
    }

    private var measurements: Markup {
        let rows = Measurement.all(of: result).map { measurement -> Markup in
            let limit: Markup = measurement.limit.map { "\($0)" } ?? "<span class=\"quiet\">–</span>"
            return """
                <tr><th scope="row">\(measurement.name)</th>\
                <td class="whole\(measurement.isWithin ? "" : " bad")">\(measurement.value)\
                \(measurement.share.map { PageStyle.meter($0) } ?? "")</td><td class="whole">\(limit)</td></tr>
                """
        }
        return """
            <table><caption>Measured against limits</caption><thead><tr><th scope="col">Figure</th>\
            <th scope="col">Measured</th><th scope="col">Limit</th></tr></thead><tbody>\(rows)</tbody></table>
            """
    }

    private var failures: Markup {
        let failures = result.availability.failures
        guard !failures.isEmpty else { return "" }
        let rows = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason, count -> Markup in
            "<tr><th scope=\"row\">\(reason)</th><td class=\"number\">\(FigureText.count(count))</td></tr>"
        }
        return """
            <table><caption>Failed requests by reason</caption><thead><tr><th scope="col">Reason</th>\
            <th scope="col" class="number">Requests</th></tr></thead><tbody>\(rows)</tbody></table>
            """
    }

    private var greedy: Markup {
        guard !result.greedy.isEmpty else { return "" }
        return """
            <table><caption>What the greedy client was told</caption><tbody>\
            \(result.greedy.map { "<tr><td class=\"whole\">\($0.text)</td></tr>" as Markup })</tbody></table>
            """
    }

    /// The owner lanes of the pictures in words.
    private var owners: Markup {
        guard !result.timeline.lanes.isEmpty else { return "" }
        let rows = result.timeline.lanes.map { lane -> Markup in
            let spans = lane.spans.prefix(20).map { span -> Markup in
                """
                <li><span class="swatch \(colours.style(of: span.owners))"></span>\(HostColours.words(span.owners)) \
                <span class="quiet">\(seconds(span.start)) to \(seconds(span.end))</span></li>
                """
            }
            let more: Markup = lane.spans.count > 20 ? "<li>and \(lane.spans.count - 20) more changes</li>" : ""
            return
                "<tr><th scope=\"row\">\(lane.subject.text)</th><td><ul class=\"spans\">\(spans)\(more)</ul></td></tr>"
        }
        return """
            <table><caption>Who had what, in seconds since the first fault</caption><thead><tr><th scope="col">What</th>\
            <th scope="col">Who and when</th></tr></thead><tbody>\(rows)</tbody></table>
            """
    }

    private var pictures: Markup {
        guard !result.timeline.range.isEmpty else { return "" }
        let whole = TimelinePicture(result.timeline, colours: colours)
            .markup(id: "whole-\(index)", title: "\(title), the whole scenario")
        var figures: Markup = "<figure><figcaption>The whole scenario</figcaption>\(whole)</figure>\n"
        if let closeUp = TimelinePicture(closeUpOf: result.timeline, colours: colours) {
            let picture = closeUp.markup(id: "close-\(index)", title: "\(title), around the longest outage")
            figures += "<figure><figcaption>Around the longest outage, each request by itself</figcaption>"
            figures += "\(picture)</figure>\n"
        }
        return figures
    }

    private func seconds(_ time: Int64) -> String {
        FigureText.seconds(microseconds: time - result.timeline.zero)
    }
}
