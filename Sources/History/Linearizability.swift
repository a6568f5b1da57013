/// Whether requests could have happened one after the other, each at some moment between its start and its end (Herlihy
/// and Wing 1990). A history is linearizable when that of each object is, so that registers and sets are checked one by
/// one: ``RegisterSearch``, ``SetOrder``.
package enum Linearizability {
    /// What the check found.
    package enum Verdict: Hashable, Sendable {
        case linearizable
        /// There is no such order for this object; in words where the reason is one request.
        case violated(object: String)
        /// The search was given up: too many operations overlap.
        case undecided(object: String)
    }

    /// - Parameters:
    ///   - requests: those of registers and sets; others are passed over. A refused one did nothing; one of unknown
    ///     outcome may have been done at any moment after its start, or never.
    ///   - initial: the value of every register before its first write; nil when it does not exist. Sets begin empty.
    ///   - limit: how many states the search for a register may visit.
    package static func check(
        _ requests: [RecordedRequest], initial: String? = nil, limit: Int = 2_000_000
    ) -> Verdict {
        let registers = RegisterSearch.histories(in: requests)
        for (register, operations) in registers.sorted(by: { $0.key < $1.key }) {
            switch RegisterSearch(operations, initial: initial, limit: limit).run() {
            case true?: continue
            case false?: return .violated(object: register)
            case nil: return .undecided(object: register)
            }
        }
        let sets = SetOrder.histories(in: requests)
        for (_, history) in sets.sorted(by: { $0.key < $1.key }) {
            let verdict = SetOrder(history).run()
            guard verdict == .linearizable else { return verdict }
        }
        return .linearizable
    }
}
