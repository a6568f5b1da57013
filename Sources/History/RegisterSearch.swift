/// One register's search by Wing and Gong with a memory of visited states: depth first over the sets of operations that
/// have taken effect.
struct RegisterSearch {
    struct Operation {
        var start: Int64
        /// Nil when it may take effect at any later time, or never.
        var end: Int64?
        var isWrite: Bool
        var value: String?
    }

    private struct State: Hashable {
        /// How many operations, from the first on, have all taken effect.
        let prefix: Int
        /// Those behind the prefix that have.
        let beyond: Set<Int>
        let value: String?
    }

    private let operations: [Operation]
    private let initial: String?
    private let limit: Int

    init(_ operations: [Operation], initial: String?, limit: Int) {
        self.operations = Self.bounded(operations, initial: initial).sorted { $0.start < $1.start }
        self.initial = initial
        self.limit = limit
    }

    /// What each register's requests tell of it.
    static func histories(in requests: [RecordedRequest]) -> [String: [Operation]] {
        var histories: [String: [Operation]] = [:]
        for request in requests {
            let (start, end) = (request.start, request.end)
            switch (request.operation, request.outcome) {
            case (.write(let register, let value), .succeeded):
                histories[register, default: []].append(
                    Operation(start: start, end: end, isWrite: true, value: value))
            case (.write(let register, let value), .unknown):
                histories[register, default: []].append(
                    Operation(start: start, end: nil, isWrite: true, value: value))
            case (.read(let register), .succeeded(let value)):
                histories[register, default: []].append(
                    Operation(start: start, end: end, isWrite: false, value: value))
            default: break
            }
        }
        return histories
    }

    /// An outage leaves many writes of unknown outcome, and each would double the states. One whose value nobody read
    /// can be left out: in an order that has it no read stands behind it before the next write, so that the order
    /// without it is as good. One whose value is its own and was read took effect before the first such read ended.
    private static func bounded(_ operations: [Operation], initial: String?) -> [Operation] {
        var reads: [String: Int64] = [:]
        var writes: [String: Int] = [:]
        for operation in operations {
            guard let value = operation.value else { continue }
            if operation.isWrite {
                writes[value, default: 0] += 1
            } else if let end = operation.end {
                reads[value] = min(reads[value] ?? .max, end)
            }
        }
        return operations.compactMap { operation in
            guard operation.isWrite, operation.end == nil, let value = operation.value else { return operation }
            guard let read = reads[value] else { return nil }
            var operation = operation
            if writes[value] == 1, value != initial { operation.end = read }
            return operation
        }
    }

    /// Nil when the limit was reached.
    func run() -> Bool? {
        var seen: Set<State> = []
        var stack = [State(prefix: 0, beyond: [], value: initial)]
        while let state = stack.popLast() {
            guard seen.insert(state).inserted else { continue }
            if seen.count > limit { return nil }
            if isDone(state) { return true }
            let candidates = candidates(state)
            // A read that may be next and fits changes nothing: whatever order there is, it may as well come now.
            if let read = candidates.first(where: { !operations[$0].isWrite && operations[$0].value == state.value }) {
                stack.append(after(state, read, value: state.value))
                continue
            }
            for index in candidates where operations[index].isWrite {
                stack.append(after(state, index, value: operations[index].value))
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
