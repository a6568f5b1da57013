import JSON

/// What the greedy client was told about the requests of one kind.
package struct GreedyAnswers: Hashable, Sendable {
    package var kind: String
    /// The size of one request's body.
    package var bytes: Int
    /// How often each answer came: a status, or why there was none.
    package var answers: [String: Int] = [:]
    /// Until the slowest answer was complete, in seconds.
    package var slowest = 0.0
    /// Requests for which there was no time any more.
    package var unsent = 0

    package init(kind: String, bytes: Int) {
        self.kind = kind
        self.bytes = bytes
    }

    /// Notes the end of a request.
    ///
    /// - Parameter status: nil when there was no answer.
    mutating func add(status: Int?, reason: String = "", seconds: Double) {
        answers[status.map { "\($0)" } ?? "no answer: \(reason)", default: 0] += 1
        slowest = max(slowest, seconds)
    }

    /// Answers that say nothing to the client of what it did wrong: server errors, and none at all. To be refused, or to
    /// be told that it was too much at once, is what such a client has to expect.
    var faults: Int {
        answers.filter { !("1"..."5").contains($0.key.prefix(1)) || $0.key.hasPrefix("5") }.values.reduce(0, +)
    }

    /// In words, such as `rules-of-prefixes (999.9 kB): 409 17 times, slowest 0.12 s`.
    var text: String {
        let kilobytes = "\(bytes / 1_000).\(bytes % 1_000 / 100)"
        let words = answers.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value) times" }
        return
            "\(kind) (\(kilobytes) kB): \((words + (unsent > 0 ? ["\(unsent) not sent"] : [])).joined(separator: ", "))"
            + ", slowest \(ScenarioResult.text(slowest)) s"
    }

    /// For machines.
    var json: JSONValue {
        [
            "kind": .string(kind), "body_bytes": .integer(bytes),
            "answers": .object(JSONObject(answers.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            "slowest_seconds": .number(slowest), "unsent": .integer(unsent),
        ]
    }
}
