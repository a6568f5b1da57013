import Simulator

/// What clients know of addresses that they took by `ip-alloc` and gave back by `ip-free`.
struct AddressLedger {
    private var takes: [(address: String, start: SimulatedTime)] = []
    /// With an end that is known only when the answer has come.
    private var frees: [(address: String, start: SimulatedTime, end: SimulatedTime)] = []

    /// An address was answered to a request that was sent at this time.
    mutating func take(_ address: String, since start: SimulatedTime) { takes.append((address, start)) }

    /// - Returns: the request, for ``end(_:at:)``.
    mutating func beginGivingBack(_ address: String, at start: SimulatedTime) -> Int {
        frees.append((address, start, .max))
        return frees.count - 1
    }

    mutating func end(_ free: Int, at time: SimulatedTime) { frees[free].end = time }

    /// What does not hold.
    ///
    /// - Parameter held: the addresses that the network holds in the end.
    func violations(held: Set<String>) -> [String] {
        var violations: [String] = []
        for address in Set(takes.map(\.address)).sorted() {
            let taken = takes.filter { $0.address == address }
            let freed = frees.filter { $0.address == address }
            if taken.count > freed.count + 1 {
                violations.append("\(address) was given \(taken.count) times and given back \(freed.count) times")
            }
            // `ip-free` does not say whose the address is: one that was under way may have released the last take.
            let last = taken.map(\.start).max() ?? 0
            if freed.allSatisfy({ $0.end < last }), !held.contains(address) {
                violations.append("\(address) was given and not given back, and nobody holds it")
            }
        }
        return violations
    }
}
