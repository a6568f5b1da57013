/// Whether the inserts, removes and lists of a set could have happened one after the other.
///
/// Each element is inserted at most once and removed at most once, so that a list says for each element on which side of
/// its insert and its remove the list stands. Together with the order of what did not overlap this is a graph, and there
/// is an order exactly when it has no cycle. Where a list stands either before an insert or after the remove of the same
/// element, since it overlaps both, each is tried.
struct SetOrder {
    /// What is known of one set.
    struct History {
        var name: String
        fileprivate var spans: [Span] = []
        fileprivate var inserts: [String: Int] = [:]
        fileprivate var removes: [String: Int] = [:]
        fileprivate var lists: [(span: Int, elements: [String])] = []
        /// An element that was inserted or removed more than once.
        fileprivate var repeated: String?
    }

    fileprivate struct Span {
        let start: Int64
        /// Nil when it may take effect at any later time, or never: as the last of all.
        let end: Int64?
    }

    /// How often a choice is looked at, at most.
    private static let limit = 100_000

    private let history: History

    init(_ history: History) {
        self.history = history
    }

    /// What each set's requests tell of it.
    static func histories(in requests: [RecordedRequest]) -> [String: History] {
        var histories: [String: History] = [:]
        for request in requests {
            let end: Int64?
            switch request.outcome {
            case .refused: continue
            case .succeeded, .listed: end = request.end
            case .unknown: end = nil
            }
            switch (request.operation, request.outcome) {
            case (.insert(let set, let element), _):
                histories[set, default: History(name: set)].add(element, to: \.inserts, start: request.start, end: end)
            case (.remove(let set, let element), _):
                histories[set, default: History(name: set)].add(element, to: \.removes, start: request.start, end: end)
            case (.list(let set), .listed(let elements)):
                var history = histories[set] ?? History(name: set)
                history.lists.append((history.spans.count, elements))
                history.spans.append(Span(start: request.start, end: end))
                histories[set] = history
            default: break
            }
        }
        return histories
    }

    func run() -> Linearizability.Verdict {
        if history.repeated != nil { return .undecided(object: history.name) }
        var graph = PrecedenceGraph(history.spans.map { ($0.start, $0.end) })
        var choices: [Choice] = []
        for (element, remove) in history.removes {
            guard let insert = history.inserts[element] else {
                // What nobody inserted can have been removed by nobody.
                if history.spans[remove].end == nil { continue }
                return .violated(object: "\(history.name): \(element) was removed but never made")
            }
            graph.add(insert, before: remove)
        }
        for list in history.lists {
            if let reason = constrain(list.span, elements: list.elements, &graph, &choices) {
                return .violated(object: "\(history.name): \(reason)")
            }
        }
        guard graph.hasOrder else { return contradiction }
        var budget = Self.limit
        return decide(choices, graph, &budget)
    }

    private var contradiction: Linearizability.Verdict {
        .violated(object: "\(history.name): its lists contradict each other")
    }

    /// Either the list is before the insert, or the remove is before the list.
    private struct Choice {
        let list: Int
        let insert: Int
        let remove: Int
    }

    /// Adds what one list tells.
    ///
    /// - Returns: why it cannot be, when that is known from this list alone.
    private func constrain(
        _ list: Int, elements: [String], _ graph: inout PrecedenceGraph, _ choices: inout [Choice]
    ) -> String? {
        let present = Set(elements)
        guard present.count == elements.count else { return "a list has an element twice" }
        let span = history.spans[list]
        for element in elements {
            guard let insert = history.inserts[element] else { return "a list has \(element), which was never made" }
            if isBefore(list, insert) { return "a list has \(element) before it was made" }
            graph.add(insert, before: list)
            guard let remove = history.removes[element] else { continue }
            if isBefore(remove, list) { return "a list has \(element) after it was removed" }
            graph.add(list, before: remove)
        }
        for (element, insert) in history.inserts where !present.contains(element) && !isBefore(list, insert) {
            let remove = history.removes[element]
            if let remove, isBefore(remove, list) { continue }
            let canFollowRemove = remove.map { !isBefore(list, $0) } ?? false
            switch (isBefore(insert, list), canFollowRemove, remove) {
            case (true, true, let remove?): graph.add(remove, before: list)
            case (true, _, _):
                return "a list of \(span.start) to \(span.end ?? span.start) µs lacks \(element), which had been made"
            case (false, true, let remove?): choices.append(Choice(list: list, insert: insert, remove: remove))
            case (false, _, _): graph.add(list, before: insert)
            }
        }
        return nil
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        history.spans[first].end.map { $0 < history.spans[second].start } ?? false
    }

    /// Takes what is left over wherever only one way is possible, and tries both where both are.
    ///
    /// - Parameter graph: one that has an order.
    private func decide(
        _ choices: [Choice], _ graph: PrecedenceGraph, _ budget: inout Int
    ) -> Linearizability.Verdict {
        var graph = graph
        var open = choices
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            var next: [Choice] = []
            for choice in open {
                budget -= 1
                guard budget > 0 else { return .undecided(object: history.name) }
                let canPrecede = !graph.requires(choice.insert, before: choice.list)
                let canFollow = !graph.requires(choice.list, before: choice.remove)
                switch (canPrecede, canFollow) {
                case (true, true): next.append(choice)
                case (true, false): graph.add(choice.list, before: choice.insert)
                case (false, true): graph.add(choice.remove, before: choice.list)
                case (false, false): return contradiction
                }
                if !(canPrecede && canFollow) { hasChanged = true }
            }
            open = next
        }
        guard let choice = open.first else { return .linearizable }
        var verdict = contradiction
        for (first, second) in [(choice.list, choice.insert), (choice.remove, choice.list)] {
            var extended = graph
            extended.add(first, before: second)
            switch decide(Array(open.dropFirst()), extended, &budget) {
            case .linearizable: return .linearizable
            case .undecided(let object): verdict = .undecided(object: object)
            case .violated: break
            }
        }
        return verdict
    }
}

extension SetOrder.History {
    fileprivate mutating func add(
        _ element: String, to field: WritableKeyPath<SetOrder.History, [String: Int]>, start: Int64, end: Int64?
    ) {
        if self[keyPath: field][element] != nil { repeated = element }
        self[keyPath: field][element] = spans.count
        spans.append(SetOrder.Span(start: start, end: end))
    }
}
