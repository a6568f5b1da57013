import History

extension ScenarioResult {
    /// Everything beyond what the scenario allows.
    var found: [Violation] { availabilityViolations + recoveryViolations + dataViolations + greedyViolations }

    private var greedyViolations: [Violation] {
        let faults = greedy.reduce(0) { $0 + $1.faults }
        let kinds = greedy.filter { $0.faults > 0 }.map(\.kind)
        guard faults > 0 else { return [] }
        return [
            Violation(
                .greedyAnswers,
                "\(faults) of the greedy client's requests had a server error or no answer: "
                    + kinds.joined(separator: ", "))
        ]
    }

    private var availabilityViolations: [Violation] {
        var violations: [Violation] = []
        let limits = scenario.limits
        func add(_ text: String) { violations.append(Violation(.unavailable, text)) }
        if let most = limits.failedRequests, availability.failed > most {
            add("\(availability.failed) failed requests, limit \(most)")
        }
        if availability.longestOutage > limits.outage {
            add("outage \(Self.text(availability.longestOutage)) s, limit \(Self.text(limits.outage)) s")
        }
        if writes.longestOutage > limits.writeOutage {
            add("outage of writes \(Self.text(writes.longestOutage)) s, limit \(Self.text(limits.writeOutage)) s")
        }
        if splitBrain > limits.splitBrain { add("a virtual IP on two hosts for \(Self.text(splitBrain)) s") }
        return violations
    }

    private var recoveryViolations: [Violation] {
        var violations: [Violation] = []
        let limits = scenario.limits
        func add(_ text: String) { violations.append(Violation(.slowRecovery, text)) }
        if let most = limits.serving, serving.map({ $0 > most }) ?? true {
            add("serving after \(serving.map(Self.text) ?? "-") s, limit \(Self.text(most)) s")
        }
        if let recovery {
            if recovery > limits.recovery {
                add("recovery \(Self.text(recovery)) s, limit \(Self.text(limits.recovery)) s")
            }
        } else {
            add("not whole again within \(Self.text(limits.recovery)) s")
        }
        return violations
    }

    private var dataViolations: [Violation] {
        var violations: [Violation] = []
        func add(_ kind: Violation.Kind, _ text: String) { violations.append(Violation(kind, text)) }
        if !audit.lost.isEmpty { add(.lostObjects, "\(audit.lost.count) acknowledged objects lost") }
        if !audit.doubled.isEmpty { add(.doubledObjects, "\(audit.doubled.count) objects doubled") }
        if !audit.unexpected.isEmpty {
            add(.unexpectedObjects, "\(audit.unexpected.count) refused objects are there")
        }
        for messages in messages where !messages.lost.isEmpty {
            guard let queue = MessageQueue(rawValue: messages.queue) else { continue }
            add(
                .lostMessages(queue),
                "\(messages.lost.count) of \(messages.confirmed) confirmed messages lost in the \(queue.rawValue) queue"
            )
        }
        if !leftovers.isEmpty {
            add(.leftovers, "left behind: \(leftovers.prefix(3).joined(separator: ", "))")
        }
        switch linearizability {
        case .linearizable: break
        case .violated(let object): add(.notLinearizable, "not linearizable: \(object)")
        case .undecided(let object): add(.undecided, "linearizability undecided: \(object)")
        }
        return violations
    }
}
