import History

/// What linearizability means, word for word and slowly: some order of the operations, in which none stands before one
/// that had ended when it began, does to a register and a set what the answers say. For histories of a few operations.
enum LinearizabilityModel {
    private struct State {
        var value: String?
        var elements: Set<String> = []
    }

    static func isLinearizable(_ requests: [RecordedRequest]) -> Bool {
        let effective = requests.filter { if case .refused = $0.outcome { false } else { true } }
        return search(effective.filter { $0.succeeded || $0.operation.isWrite }, State())
    }

    private static func search(_ remaining: [RecordedRequest], _ state: State) -> Bool {
        // What is of unknown outcome may never have been done.
        if !remaining.contains(where: \.succeeded) { return true }
        for (index, next) in remaining.enumerated() {
            let isFirst = remaining.allSatisfy { !$0.succeeded || $0.end >= next.start }
            guard isFirst, let after = apply(next, to: state) else { continue }
            var rest = remaining
            rest.remove(at: index)
            if search(rest, after) { return true }
        }
        return false
    }

    /// Nil when the answer does not fit.
    private static func apply(_ request: RecordedRequest, to state: State) -> State? {
        var state = state
        switch (request.operation, request.outcome) {
        case (.write(_, let value), _): state.value = value
        case (.read, .succeeded(let value)): if value != state.value { return nil }
        case (.insert(_, let element), _): state.elements.insert(element)
        case (.remove(_, let element), let outcome):
            let wasThere = state.elements.remove(element) != nil
            if case .succeeded = outcome, !wasThere { return nil }
        case (.list, .listed(let elements)):
            if elements.count != state.elements.count || Set(elements) != state.elements { return nil }
        default: break
        }
        return state
    }
}
