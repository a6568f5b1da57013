import DequeModule
import HashTreeCollections
import Store

/// Keys that this controller is about to put, or has put and not yet seen in its replica.
///
/// A value: two requests decided at the same time on the same state do not end with the same address, and nobody has to
/// be refused by the store for what this process could know. Requests decide without any lock, each with the keys that
/// were pending when its ``Decision`` began; whoever finds afterwards that a key of its own has been claimed meanwhile
/// decides again.
///
/// So that a request that decides for long does not lose to short ones for ever, it can ask for a ``Turn``: while the
/// first turn lasts nobody else claims a key, and what its holder decides meanwhile is not in vain.
struct PendingClaims: Sendable {
    /// What a request knows that decides.
    struct Decision {
        /// The keys that were pending when it began.
        let pending: TreeSet<String>
        /// A number from 0 that no other decision has that is under way.
        let place: Int
        fileprivate let number: Int
    }

    /// The place of a request that must not lose again.
    struct Turn: Hashable, Sendable {
        fileprivate let number: Int
    }

    /// What became of keys that a request wants.
    enum Verdict: Equatable {
        /// They are claimed: those that were not pending already, to be given to ``commit(_:at:)`` or ``release(_:)``.
        case claimed([String])
        /// One of them was claimed by another request since this one began to decide.
        case clash
        /// Another request has its turn.
        case waits
    }

    private(set) var keys: TreeSet<String> = []
    private var committed: [(revision: Revision, keys: [String])] = []
    /// Keys that the replica has shown since a decision began that is under way, with the number of the first decision that
    /// could see them there; and the same in the order in which they came.
    private var shown: [String: Int] = [:]
    private var showings: Deque<(number: Int, keys: [String])> = []
    /// The decisions under way, by their places.
    private var underWay: [Int?] = []
    private var nextDecision = 0
    private var turns: [Turn] = []
    private var nextTurn = 0

    /// A request begins to decide; it must end.
    mutating func beginDecision() -> Decision {
        let place = underWay.firstIndex(of: nil) ?? underWay.count
        if place == underWay.count { underWay.append(nil) }
        underWay[place] = nextDecision
        defer { nextDecision += 1 }
        return Decision(pending: keys, place: place, number: nextDecision)
    }

    /// A request has decided, and claimed what it wanted or not.
    mutating func end(_ decision: Decision) {
        underWay[decision.place] = nil
        let oldest = underWay.compactMap(\.self).min() ?? nextDecision
        while let first = showings.first, first.number <= oldest {
            for key in first.keys where shown[key] == first.number { shown[key] = nil }
            showings.removeFirst()
        }
    }

    /// Claims keys.
    ///
    /// A key that was pending when the request began is no clash: the request knew, and the store decides who has it.
    ///
    /// - Parameter turn: the request's own, when it has asked for one.
    mutating func claim(_ wanted: [String], by decision: Decision, turn: Turn? = nil) -> Verdict {
        // Whoever wants nothing takes nothing from the one whose turn it is.
        if wanted.isEmpty { return .claimed([]) }
        guard isOpen(to: turn) else { return .waits }
        for key in wanted where !decision.pending.contains(key) {
            if keys.contains(key) || shown[key].map({ $0 > decision.number }) ?? false { return .clash }
        }
        return .claimed(wanted.filter { keys.insert($0).inserted })
    }

    /// Whether whoever has this turn, or none, may claim now.
    func isOpen(to turn: Turn?) -> Bool {
        guard let first = turns.first else { return true }
        return first == turn
    }

    /// Asks for a turn, after those that were asked for before.
    mutating func takeTurn() -> Turn {
        let turn = Turn(number: nextTurn)
        nextTurn += 1
        turns.append(turn)
        return turn
    }

    /// The turn is over, whether it had begun or not.
    mutating func end(_ turn: Turn) {
        turns.removeAll { $0 == turn }
    }

    /// The transaction is committed: the keys stay claimed until the replica has reached the revision.
    mutating func commit(_ keys: [String], at revision: Revision) {
        committed.append((revision, keys))
    }

    /// The transaction was not committed.
    mutating func release(_ keys: [String]) {
        for key in keys { self.keys.remove(key) }
    }

    /// The replica has reached a revision: what was committed up to it can be seen there.
    mutating func reached(_ revision: Revision) {
        guard committed.contains(where: { $0.revision <= revision }) else { return }
        let isWatched = underWay.contains { $0 != nil }
        for entry in committed where entry.revision <= revision {
            release(entry.keys)
            guard isWatched else { continue }
            for key in entry.keys { shown[key] = nextDecision }
            showings.append((nextDecision, entry.keys))
        }
        committed.removeAll { $0.revision <= revision }
    }
}
