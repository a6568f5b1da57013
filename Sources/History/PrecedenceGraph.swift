/// Which operations must take effect before which others.
struct PrecedenceGraph {
    /// Operations first, then the moments at which they start and end, in the order of time. An operation that ends
    /// before another one starts is before it by way of the moments between: a few edges instead of one for each pair.
    private var successors: [[Int32]]
    /// The moment at which each operation ends; past all of them when it has no end.
    private var ends: [Int32]

    /// - Parameter spans: when each operation was under way; one without an end is not before any other by its time.
    init(_ spans: [(start: Int64, end: Int64?)]) {
        successors = [[Int32]](repeating: [], count: spans.count)
        ends = [Int32](repeating: .max, count: spans.count)
        var moments: [(time: Int64, isEnd: Bool, operation: Int)] = []
        for (operation, span) in spans.enumerated() {
            moments.append((span.start, false, operation))
            if let end = span.end { moments.append((end, true, operation)) }
        }
        // What ends at the moment at which another one starts overlaps it.
        moments.sort { ($0.time, $0.isEnd ? 1 : 0, $0.operation) < ($1.time, $1.isEnd ? 1 : 0, $1.operation) }
        for (position, moment) in moments.enumerated() {
            let node = spans.count + position
            successors.append(position + 1 < moments.count ? [Int32(truncatingIfNeeded: node + 1)] : [])
            if moment.isEnd {
                add(moment.operation, before: node)
                ends[moment.operation] = Int32(truncatingIfNeeded: node)
            } else {
                add(node, before: moment.operation)
            }
        }
    }

    mutating func add(_ first: Int, before second: Int) {
        successors[first].append(Int32(truncatingIfNeeded: second))
    }

    /// Whether an operation must take effect before another one; only for a graph that has an order.
    func requires(_ first: Int, before second: Int) -> Bool {
        // No way leads back from the moments behind the second one's end: they need not be looked at.
        let horizon = ends[second]
        var isSeen = [Bool](repeating: false, count: successors.count)
        var open = [first]
        while let node = open.popLast() {
            for target in successors[node] where !isSeen[Int(target)] {
                if target == second { return true }
                if target >= ends.count, target >= horizon { continue }
                isSeen[Int(target)] = true
                open.append(Int(target))
            }
        }
        return false
    }

    /// Whether all can be put into one order (Kahn 1962).
    var hasOrder: Bool {
        var waiting = [Int](repeating: 0, count: successors.count)
        for targets in successors {
            for target in targets { waiting[Int(target)] += 1 }
        }
        var ready = waiting.indices.filter { waiting[$0] == 0 }
        var ordered = 0
        while let node = ready.popLast() {
            ordered += 1
            for target in successors[node] {
                waiting[Int(target)] -= 1
                if waiting[Int(target)] == 0 { ready.append(Int(target)) }
            }
        }
        return ordered == successors.count
    }
}
