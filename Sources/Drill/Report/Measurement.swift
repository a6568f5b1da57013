import History

/// One figure of a scenario beside its limit.
struct Measurement: Hashable, Sendable {
    var name: String
    var value: String
    /// Nil when the figure is only shown.
    var limit: String?
    /// The figure as a part of its limit; nil when one of them is no number.
    var share: Double?
    var isWithin: Bool

    private init(_ name: String, _ value: String, limit: String? = nil, share: Double? = nil, isWithin: Bool = true) {
        self.name = name
        self.value = value
        self.limit = limit
        self.share = share
        self.isWithin = isWithin
    }

    private static func seconds(_ name: String, _ value: Double, limit: Double?) -> Measurement {
        Measurement(
            name, "\(FigureText.seconds(value)) s", limit: limit.map { "at most \(FigureText.shortSeconds($0)) s" },
            share: limit.map { $0 > 0 ? value / $0 : (value > 0 ? 1 : 0) }, isWithin: limit.map { value <= $0 } ?? true)
    }

    private static func none(_ name: String, _ count: Int) -> Measurement {
        Measurement(name, FigureText.count(count), limit: "none", isWithin: count == 0)
    }

    /// Everything that decides, then what is only shown.
    static func all(of result: ScenarioResult) -> [Measurement] {
        deciding(result) + shown(result)
    }

    private static func deciding(_ result: ScenarioResult) -> [Measurement] {
        let limits = result.scenario.limits
        let availability = result.availability
        let failed = FigureText.count(availability.failed)
        let share =
            availability.failed > 0 ? " (\(FigureText.share(availability.failed, of: availability.requests)))" : ""
        let mostFailed = limits.failedRequests
        return [
            Measurement(
                "Failed requests", failed + share, limit: mostFailed.map { "at most \(FigureText.count($0))" },
                share: mostFailed.flatMap { $0 > 0 ? Double(availability.failed) / Double($0) : nil },
                isWithin: mostFailed.map { availability.failed <= $0 } ?? true),
            seconds("Longest outage", availability.longestOutage, limit: limits.outage),
            seconds("Longest outage of writes", result.writes.longestOutage, limit: limits.writeOutage),
            result.recovery.map { seconds("Recovery", $0, limit: limits.recovery) }
                ?? Measurement(
                    "Recovery", "not in time", limit: "at most \(FigureText.shortSeconds(limits.recovery)) s",
                    isWithin: false),
            limits.serving.map { limit in
                result.serving.map { seconds("Until a write succeeded", $0, limit: limit) }
                    ?? Measurement(
                        "Until a write succeeded", "never", limit: "at most \(FigureText.shortSeconds(limit)) s",
                        isWithin: false)
            },
            none("Acknowledged objects lost", result.audit.lost.count),
            none("Objects made twice", result.audit.doubled.count),
            none("Refused objects that are there", result.audit.unexpected.count),
            Measurement(
                "Linearizable", linearizability(result.linearizability), limit: "yes",
                isWithin: result.linearizability == .linearizable),
            seconds("A virtual IP on two hosts", result.splitBrain, limit: limits.splitBrain),
        ].compactMap(\.self)
            + result.messages.map { messages in
                Measurement(
                    "Confirmed messages lost, \(messages.queue) queue",
                    "\(FigureText.count(messages.lost.count)) of \(FigureText.count(messages.confirmed))",
                    limit: "none",
                    isWithin: messages.lost.isEmpty)
            }
    }

    private static func shown(_ result: ScenarioResult) -> [Measurement] {
        let availability = result.availability
        return [
            result.scenario.attempts > 1
                ? Measurement("Run", "\(result.attempt) of at most \(result.scenario.attempts)") : nil,
            Measurement("Requests", FigureText.count(availability.requests)),
            Measurement("Acknowledged objects", FigureText.count(result.audit.acknowledged)),
            Measurement(
                "Answer time: half, 99 %, slowest",
                [
                    availability.medianMilliseconds, availability.percentile99Milliseconds,
                    availability.slowestMilliseconds,
                ].map { FigureText.latency(milliseconds: $0) }.joined(separator: ", ")),
            Measurement(
                "Left behind", result.leftovers.isEmpty ? "nothing" : result.leftovers.joined(separator: ", "),
                limit: "nothing", isWithin: result.leftovers.isEmpty),
            result.load.map {
                Measurement(
                    "Load behind its schedule",
                    "\(FigureText.seconds($0.latest)) s at most, \(FigureText.count($0.late)) requests by over 100 ms")
            },
        ].compactMap(\.self)
            + result.messages.map { messages in
                Measurement(
                    "Messages of the \(messages.queue) queue",
                    "\(FigureText.count(messages.published)) published, \(FigureText.count(messages.received)) there, "
                        + "\(FigureText.count(messages.repeated.count)) more than once")
            }
    }

    private static func linearizability(_ verdict: Linearizability.Verdict) -> String {
        switch verdict {
        case .linearizable: "yes"
        case .violated(let register): "no: \(register)"
        case .undecided(let register): "undecided: \(register)"
        }
    }
}
