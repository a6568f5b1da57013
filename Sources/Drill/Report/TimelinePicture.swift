import History

/// One scenario as a picture: answer times, failures, outage and owners over one time axis, as SVG.
struct TimelinePicture {
    private static let width = 1080.0
    private static let laneHeight = 19.0

    private let timeline: Timeline
    private let colours: HostColours
    private let axis: TimeAxis
    /// Whether it shows each request instead of steps of many.
    private let isCloseUp: Bool

    /// The whole scenario.
    init(_ timeline: Timeline, colours: HostColours) {
        self.init(timeline, colours: colours, range: timeline.range, isCloseUp: false)
    }

    /// The time around the longest outage; nil without requests.
    init?(closeUpOf timeline: Timeline, colours: HostColours) {
        guard let closeUp = timeline.closeUp else { return nil }
        self.init(timeline, colours: colours, range: closeUp.range, isCloseUp: true)
    }

    private init(_ timeline: Timeline, colours: HostColours, range: Range<Int64>, isCloseUp: Bool) {
        self.timeline = timeline
        self.colours = colours
        self.isCloseUp = isCloseUp
        let longest = timeline.lanes.map(\.subject.text.count).max() ?? 0
        let left = min(max(138, Double(longest) * 7 + 16), 320)
        axis = TimeAxis(range: range, zero: timeline.zero, left: left, right: Self.width - 10)
    }

    /// - Parameter id: unique in the page.
    func markup(id: String, title: String) -> Markup {
        var y = 22.0
        var lanes: Markup = ""
        for (name, isWrite) in [("reads", false), ("writes", true)] {
            lanes += latency(name, isWrite: isWrite, top: y)
            y += 88
        }
        let failures = FailureLane(timeline.failures, axis: axis)
        lanes += label("failed requests", at: y + 12)
        lanes += failures.isEmpty ? Self.quiet("none", at: axis.left + 4, y + 12) : failures.markup(top: y)
        y += failures.height + 10
        lanes += outage(top: y)
        y += Self.laneHeight + 4
        for lane in timeline.lanes {
            lanes += owners(lane, top: y)
            y += Self.laneHeight + 4
        }
        let bottom = y + 2
        return """
            <svg viewBox="0 0 \(Self.width) \(bottom + 36)" role="img" aria-labelledby="\(id)-t \(id)-d">\
            <title id="\(id)-t">\(title)</title><desc id="\(id)-d">\(description)</desc>\
            \(faultWindows(bottom: bottom))\(marks(bottom: bottom))\(lanes)\(faultLines(bottom: bottom))</svg>
            """
    }

    /// What a reader who does not see the picture must know.
    private var description: String {
        var sentences = timeline.faults.map { fault in
            let end = fault.end.map { ", until \(seconds($0)) s" } ?? ""
            return "\(fault.host): \(fault.name) at \(seconds(fault.begin)) s\(end)."
        }
        if let outage = timeline.outage {
            sentences.append(
                "Longest time without an answer: \(seconds(outage.lowerBound)) to "
                    + "\(seconds(outage.upperBound)) s.")
        }
        for lane in timeline.lanes {
            let spans = lane.spans.map { "\(HostColours.words($0.owners)) from \(seconds($0.start)) s" }
            sentences.append("\(lane.subject.text): \(spans.joined(separator: ", ")).")
        }
        return sentences.joined(separator: " ")
    }

    private func seconds(_ time: Int64) -> String { FigureText.seconds(microseconds: time - axis.zero) }

    // MARK: - Lanes

    private func latency(_ name: String, isWrite: Bool, top: Double) -> Markup {
        let samples = timeline.closeUp?.answered.filter { $0.isWrite == isWrite } ?? []
        let bins = isWrite ? timeline.bins.writes : timeline.bins.reads
        let slowest =
            isCloseUp
            ? (timeline.closeUp?.answered ?? []).map { Double($0.end - $0.start) / 1000 }.max() ?? 0
            : (timeline.bins.reads + timeline.bins.writes).map(\.slowestMilliseconds).max() ?? 0
        let lane = LatencyLane(
            axis: axis, top: top, bottom: top + 70, ceiling: LatencyLane.ceiling(slowestMilliseconds: slowest))
        let content =
            isCloseUp
            ? lane.dots(samples) : lane.bands(bins, start: timeline.bins.start, width: timeline.bins.width)
        return label(name, at: top + 38, right: axis.left - 60) + lane.scale + content
    }

    private func outage(top: Double) -> Markup {
        guard let outage = timeline.outage else { return "" }
        let from = axis.position(outage.lowerBound)
        let to = max(axis.position(outage.upperBound), from + 2)
        let text = "\(FigureText.seconds(Double(outage.count) / 1_000_000)) s"
        return label("longest outage", at: top + 14)
            + "<rect class=\"outage\" x=\"\(from)\" y=\"\(top + 5)\" width=\"\(to - from)\" height=\"9\"/>"
            + (to < axis.right - 60
                ? Self.quiet(text, at: to + 5, top + 14)
                : "<text class=\"quiet end\" x=\"\(from - 5)\" y=\"\(top + 14)\">\(text)</text>")
    }

    private func owners(_ lane: OwnerLane, top: Double) -> Markup {
        var markup = label(lane.subject.text, at: top + 14)
        for span in lane.spans where span.end > axis.range.lowerBound && span.start < axis.range.upperBound {
            let from = axis.position(span.start)
            let width = max(axis.position(span.end) - from, 1)
            let words = HostColours.words(span.owners)
            markup += """
                <rect class="span \(colours.style(of: span.owners))" x="\(from)" y="\(top)" width="\(width)" \
                height="\(Self.laneHeight)"><title>\(words), \(seconds(span.start)) to \(seconds(span.end)) s</title></rect>
                """
            if width > Double(words.count) * 7 + 8 {
                markup += "<text class=\"owner\" x=\"\(from + 6)\" y=\"\(top + 14)\">\(words)</text>"
            }
        }
        return markup
    }

    // MARK: - Frame

    private func faultWindows(bottom: Double) -> Markup {
        let windows = timeline.faults.map { fault -> Markup in
            let end = fault.end ?? axis.range.upperBound
            guard end > axis.range.lowerBound, fault.begin < axis.range.upperBound else { return "" }
            let from = axis.position(fault.begin)
            return """
                <rect class="fault" x="\(from)" y="16" width="\(max(axis.position(end) - from, 1))" \
                height="\(bottom - 16)"/>
                """
        }
        return "\(windows)"
    }

    /// When faults began, and when all was whole again, with words above the lanes.
    private func faultLines(bottom: Double) -> Markup {
        var lines: Markup = ""
        var free = 0.0
        for fault in timeline.faults where axis.range.contains(fault.begin) {
            let x = axis.position(fault.begin)
            lines += "<path class=\"fault-line\" d=\"M\(x) 4V\(bottom)\"/>"
            let text = "\(fault.name) on \(fault.host)"
            if x >= free {
                lines += "<text class=\"fault-name\" x=\"\(x + 5)\" y=\"12\">\(text)</text>"
                free = x + Double(text.count) * 6.8 + 10
            }
        }
        guard let whole = timeline.whole, axis.range.contains(whole) else { return lines }
        let x = axis.position(whole)
        lines += "<path class=\"whole-line\" d=\"M\(x) 4V\(bottom)\"/>"
        if x >= free, x < axis.right - 80 {
            lines += "<text class=\"whole-name\" x=\"\(x + 5)\" y=\"12\">whole again</text>"
        } else if x > free + 90 {
            lines += "<text class=\"whole-name end\" x=\"\(x - 5)\" y=\"12\">whole again</text>"
        }
        return lines
    }

    private func marks(bottom: Double) -> Markup {
        let marks = axis.marks.map { mark -> Markup in
            let x = axis.position(mark.time)
            return """
                <path class="grid" d="M\(x) 16V\(bottom + 4)"/>\
                <text class="mark" x="\(x)" y="\(bottom + 17)">\(mark.label)</text>
                """
        }
        let name = timeline.faults.isEmpty ? "seconds" : "seconds since the fault began"
        return "\(marks)<text class=\"mark\" x=\"\((axis.left + axis.right) / 2)\" y=\"\(bottom + 32)\">\(name)</text>"
    }

    private func label(_ text: String, at y: Double, right: Double? = nil) -> Markup {
        "<text class=\"lane\" x=\"\(right ?? axis.left - 8)\" y=\"\(y)\">\(text)</text>"
    }

    private static func quiet(_ text: String, at x: Double, _ y: Double) -> Markup {
        "<text class=\"quiet\" x=\"\(x)\" y=\"\(y)\">\(text)</text>"
    }
}

extension Timeline {
    /// The moment from which a reader counts: the begin of the first fault under load.
    var zero: Int64 { faults.first { $0.begin >= range.lowerBound }?.begin ?? range.lowerBound }
}
