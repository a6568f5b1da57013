/// Decides whether a node may hold the virtual IPs: a plain rule over what was observed, with hysteresis.
///
/// A node is at fault when
/// - its own proxy does not answer: soon when it is dead or hangs, later when it wants a CPU; or
/// - one of its networks is silently dead: it hears no peer there, and hears at least one on another network. VRRP alone
///   never moves a VIP in this case, since the holder still wins on the healthy network. With a single peer nobody can
///   tell which of the two is cut off, so the rule needs two; or
/// - it hears so few peers that the store can have no majority on its side: the store takes no write here then, and the
///   others, who do not hear this node either, are about to take the addresses; or
/// - its proxy has no backend and it hears less than a majority of the VIP nodes, itself included: the cut-off side must
///   not keep an address. With a majority and no backend it stays: an answer with a reason is better than no address,
///   and moving the VIP would heal nothing.
package struct VIPHealthRule: Hashable, Sendable {
    /// What one round of probes found.
    package struct Observation: Hashable, Sendable {
        /// How many backends the local proxy has, nil when it did not answer in time.
        package var backends: Int?
        /// It did not answer, but it has a CPU or waits for one.
        package var isProxyRunnable: Bool
        /// For each network, for each peer: milliseconds since it was last heard.
        package var silence: [[Int]]
        /// This process itself was stalled since the last round, so that the round proves nothing.
        package var wasStalled: Bool

        package init(backends: Int?, isProxyRunnable: Bool = false, silence: [[Int]], wasStalled: Bool = false) {
            self.backends = backends
            self.isProxyRunnable = isProxyRunnable
            self.silence = silence
            self.wasStalled = wasStalled
        }
    }

    /// Why a node is at fault.
    package enum Fault: Hashable, Sendable, CustomStringConvertible {
        case proxyDead
        /// It waits for a CPU, or is in an endless loop.
        case proxyLate
        /// The position of the network in the configuration.
        case networkDead(Int)
        case minority
        /// The store can have no majority on this node's side.
        case storeOutOfReach
        /// Nothing has been found out yet.
        case unknown

        package var description: String {
            switch self {
            case .proxyDead: "the proxy on this node does not answer"
            case .proxyLate: "the proxy on this node does not answer in time, and is busy or waits for a CPU"
            case .networkDead(let index): "no peer is heard on network \(index + 1), but on another one"
            case .storeOutOfReach: "no majority of the store's members is heard"
            case .minority: "no backend, and no majority of the nodes is heard"
            case .unknown: "not yet known"
            }
        }
    }

    /// The standing verdict: nil is healthy.
    package private(set) var fault: Fault?
    private let timing: VIPHealthConfiguration.Timing
    private let store: VIPHealthConfiguration.Store?
    private let starvation: VIPHealthConfiguration.Starvation?
    private var disagreements = 0

    /// - Parameters:
    ///   - store: where the store's members are; nil when that is not known.
    ///   - starvation: how long a proxy that is runnable may be late; nil is: no longer than a dead one.
    ///   - fault: what to begin with; a restarted writer takes over what its predecessor left.
    package init(
        timing: VIPHealthConfiguration.Timing, store: VIPHealthConfiguration.Store? = nil,
        starvation: VIPHealthConfiguration.Starvation? = nil, fault: Fault? = .unknown
    ) {
        self.timing = timing
        self.store = store
        self.starvation = starvation
        self.fault = fault
    }

    /// Takes one round into account. The verdict changes after `fall` bad rounds in a row, or `rise` good ones; more of
    /// them when the proxy is only late.
    ///
    /// - Returns: whether the verdict has changed between healthy and at fault.
    package mutating func judge(_ observation: Observation) -> Bool {
        guard !observation.wasStalled else { return false }
        let found = fault(in: observation)
        guard (found == nil) != (fault == nil) else {
            disagreements = 0
            fault = found
            return false
        }
        disagreements += 1
        guard disagreements >= roundsNeeded(for: found) else { return false }
        disagreements = 0
        fault = found
        return true
    }

    private func roundsNeeded(for found: Fault?) -> Int {
        switch found {
        case nil: timing.rise
        case .proxyLate: starvation?.fall ?? timing.fall
        default: timing.fall
        }
    }

    private func fault(in observation: Observation) -> Fault? {
        guard let backends = observation.backends else { return observation.isProxyRunnable ? .proxyLate : .proxyDead }
        if let store, !mayHaveMajority(store, observation.silence) { return .storeOutOfReach }
        let hears = observation.silence.map { network in network.map { $0 <= timing.isolation } }
        let peers = hears.map(\.count).max() ?? 0
        if peers >= 2, hears.contains(where: { $0.contains(true) }),
            let dead = hears.firstIndex(where: { !$0.isEmpty && !$0.contains(true) })
        {
            return .networkDead(dead)
        }
        let heard = (0..<peers).count { peer in hears.contains { $0.indices.contains(peer) && $0[peer] } }
        if backends == 0, 2 * (heard + 1) <= peers + 1 { return .minority }
        return nil
    }

    /// Of members on hosts that are no VIP nodes nothing is known here: they count as reachable.
    private func mayHaveMajority(_ store: VIPHealthConfiguration.Store, _ silence: [[Int]]) -> Bool {
        let silent = store.peers.count { peer in
            !silence.contains { $0.indices.contains(peer) && $0[peer] <= store.silence }
        }
        return 2 * (store.members - silent) > store.members
    }
}
