/// Whether the reads and writes of registers could have happened one after the other, each at some moment between its
/// start and its end (Herlihy and Wing 1990), checked by the search of Wing and Gong with a memory of visited states.
package enum Linearizability {
    /// What the check found.
    package enum Verdict: Hashable, Sendable {
        case linearizable
        /// There is no such order for this register.
        case violated(register: String)
        /// The search was given up: too many operations overlap.
        case undecided(register: String)
    }

    /// Each register by itself: a history is linearizable when each object's is.
    ///
    /// - Parameters:
    ///   - requests: reads and writes; others are passed over. A refused one did nothing; one of unknown outcome may
    ///     have been done at any moment after its start, or never.
    ///   - initial: the value of every register before its first write; nil when it does not exist.
    ///   - limit: how many states a search may visit.
    package static func check(
        _ requests: [RecordedRequest], initial: String? = nil, limit: Int = 2_000_000
    ) -> Verdict {
        var byRegister: [String: [Operation]] = [:]
        for request in requests {
            switch (request.operation, request.outcome) {
            case (.write(let register, let value), .succeeded):
                byRegister[register, default: []].append(
                    Operation(start: request.start, end: request.end, isWrite: true, value: value))
            case (.write(let register, let value), .unknown):
                byRegister[register, default: []].append(
                    Operation(start: request.start, end: nil, isWrite: true, value: value))
            case (.read(let register), .succeeded(let value)):
                byRegister[register, default: []].append(
                    Operation(start: request.start, end: request.end, isWrite: false, value: value))
            default: break
            }
        }
        for (register, operations) in byRegister.sorted(by: { $0.key < $1.key }) {
            switch Search(operations, limit: limit).run(initial: initial) {
            case true?: continue
            case false?: return .violated(register: register)
            case nil: return .undecided(register: register)
            }
        }
        return .linearizable
    }

    struct Operation {
        let start: Int64
        /// Nil when it may take effect at any later time, or never.
        let end: Int64?
        let isWrite: Bool
        let value: String?
    }
}

/// One register's search: depth first over the sets of operations that have taken effect.
private struct Search {
    private struct State: Hashable {
        /// How many operations, from the first on, have all taken effect.
        let prefix: Int
        /// Those behind the prefix that have.
        let beyond: Set<Int>
        let value: String?
    }

    private let operations: [Linearizability.Operation]
    private let limit: Int

    init(_ operations: [Linearizability.Operation], limit: Int) {
        self.operations = operations.sorted { $0.start < $1.start }
        self.limit = limit
    }

    /// Nil when the limit was reached.
    func run(initial: String?) -> Bool? {
        var seen: Set<State> = []
        var stack = [State(prefix: 0, beyond: [], value: initial)]
        while let state = stack.popLast() {
            guard seen.insert(state).inserted else { continue }
            if seen.count > limit { return nil }
            if isDone(state) { return true }
            for index in candidates(state) {
                let operation = operations[index]
                guard operation.isWrite || operation.value == state.value else { continue }
                stack.append(after(state, index, value: operation.isWrite ? operation.value : state.value))
            }
        }
        return false
    }

    /// All that were acknowledged have taken effect.
    private func isDone(_ state: State) -> Bool {
        (state.prefix..<operations.count).allSatisfy { operations[$0].end == nil || state.beyond.contains($0) }
    }

    /// Operations that may be next: they began before any other that has not taken effect had ended.
    private func candidates(_ state: State) -> [Int] {
        var earliestEnd = Int64.max
        var candidates: [Int] = []
        for index in state.prefix..<operations.count where !state.beyond.contains(index) {
            let operation = operations[index]
            if operation.start > earliestEnd { break }
            if let end = operation.end { earliestEnd = min(earliestEnd, end) }
            candidates.append(index)
        }
        return candidates.filter { operations[$0].start <= earliestEnd }
    }

    private func after(_ state: State, _ index: Int, value: String?) -> State {
        var beyond = state.beyond
        beyond.insert(index)
        var prefix = state.prefix
        while beyond.remove(prefix) != nil { prefix += 1 }
        return State(prefix: prefix, beyond: beyond, value: value)
    }
}
