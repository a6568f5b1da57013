/// Counts who owns the virtual IPs: each owner's term is higher than that of the one before it, and keepalived adds it to
/// the node's VRRP priority.
///
/// When a frozen owner goes on, it takes itself for the owner still, and says so at once. VRRP decides between two owners
/// by priority, so it would take the addresses back, and give clients a second outage, whenever its priority is the
/// higher one. With terms the later owner wins.
package struct VIPTermRule: Hashable, Sendable {
    /// What each term is worth in VRRP priority: more than the nodes' own priorities differ.
    package static let weight = 10
    /// The highest term: VRRP's priorities end at 254. Owners of that term are told apart by their own priorities again.
    package static let limit = 5

    /// This node's term as owner; 0 while it is none.
    package private(set) var term: Int

    /// - Parameter term: what a predecessor had written: a restart of this process changes nothing.
    package init(term: Int) { self.term = min(max(term, 0), Self.limit) }

    /// What is known of another node.
    package struct Peer: Hashable, Sendable {
        /// The term that it last told, however long ago: a silent node may still take itself for the owner.
        package var term: Int
        package var isHeard: Bool

        package init(term: Int, isHeard: Bool) {
            self.term = term
            self.isHeard = isHeard
        }
    }

    /// Takes one round into account.
    ///
    /// - Returns: whether the term has changed.
    package mutating func judge(holdsVirtualIP: Bool, peers: [Peer]) -> Bool {
        let before = term
        if !holdsVirtualIP {
            term = 0
        } else if peers.allSatisfy({ $0.isHeard && $0.term == 0 }) {
            // Nobody else can take itself for the owner, so counting begins anew.
            term = 1
        } else if term == 0 {
            term = min((peers.map(\.term).max() ?? 0) + 1, Self.limit)
        }
        return term != before
    }
}
