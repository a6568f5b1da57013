/// One thing that a scenario does not allow and that the drill has seen.
struct Violation: Hashable, Sendable {
    /// In words, with the figure and its limit.
    var text: String
    var kind: Kind

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    typealias Kind = Scenario.Defect
}

extension Scenario {
    /// What can be wrong with an installation, or with what is recorded of it.
    package enum Defect: Hashable, Sendable {
        /// Clients were not served, or an address was on two hosts, beyond the limits.
        case unavailable
        /// It took longer than the limits until everything was as before.
        case slowRecovery
        case lostObjects
        case doubledObjects
        /// Objects are there that were refused.
        case unexpectedObjects
        case notLinearizable
        /// Nobody knows whether the answers are linearizable.
        case undecided
        /// Confirmed messages of a queue are lost.
        case lostMessages(MessageQueue)
        /// A client that asked for too much was not told so.
        case greedyAnswers
        /// The load could not be cleaned up.
        case leftovers

        /// In words, such as `a lost object`.
        package var text: String {
            switch self {
            case .unavailable: "an outage beyond the limits"
            case .slowRecovery: "a slow recovery"
            case .lostObjects: "a lost object"
            case .doubledObjects: "a doubled object"
            case .unexpectedObjects: "a refused object that is there"
            case .notLinearizable: "an answer that is not linearizable"
            case .undecided: "answers that could not be judged"
            case .lostMessages(let queue): "a confirmed message lost in the \(queue.rawValue) queue"
            case .greedyAnswers: "a server error, or no answer, for a client that asks for too much"
            case .leftovers: "objects left behind"
            }
        }
    }
}
