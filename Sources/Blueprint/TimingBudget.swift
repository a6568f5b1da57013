/// Every timer of an installation, in one place, so that the parts agree about when something is dead.
///
/// All values are milliseconds unless their name says otherwise. The defaults were measured in a lab of three controllers
/// on one machine with two cores; ``problems`` says what a changed value breaks. `docs/operations.md` shows the same
/// table with what each row means for an outage.
package struct TimingBudget: Hashable, Sendable {
    /// How often the proxy asks a backend's `/readyz`.
    package var proxyCheckInterval = 200
    /// How often it asks the console's, each time with a TLS handshake: at the other services' rate those would be most of
    /// what an idle controller does. A dead console refuses the connection, which then goes elsewhere at once.
    package var proxyConsoleCheckInterval = 1_000
    /// How long it waits for the answer. A host that is short of CPU takes hundreds of milliseconds; with a limit too
    /// close to that the proxies take each other's slowness for death, and all backends are down at once.
    package var proxyCheckTimeout = 600
    /// How soon it asks again after an answer that differs from the backend's state.
    package var proxyCheckRetryInterval = 100
    /// Failures in a row until a backend is down. Only a hung one takes so long: a dead one refuses the connection, and
    /// its requests go elsewhere at once.
    package var proxyCheckFall = 3
    /// Successes in a row until it is up again.
    package var proxyCheckRise = 2
    /// How long the proxy tries to connect to a backend before it takes another one.
    package var proxyConnectTimeout = 400
    /// How long a client may take to send a request's head.
    package var proxyRequestTimeout = 10_000
    /// How long a request may wait for a free connection to a backend.
    package var proxyQueueTimeout = 5_000
    /// How long a backend may take to answer before the request is sent to another one as well; it is done once all the
    /// same. A hung or silent backend costs its clients no more than this.
    package var proxyAnswerTimeout = 4_000
    /// How long a controller works at a request that the proxy can send again, before it answers 429 or 503 by itself. A fact
    /// of the controller (`APIResponder.patience`), here for what depends on it.
    package static let controllerPatience = 3_000
    /// How long a client may be silent within a request, and a backend within one that is too large to be sent again.
    package var proxyIdleTimeout = 120_000
    /// How long a connection is kept open between two requests.
    package var proxyKeepAliveTimeout = 30_000
    /// How long the console's event streams may be silent; they send a comment line every 15 s.
    package var proxyTunnelTimeout = 300_000
    /// How long the old process of a reloaded proxy may finish its requests.
    package var proxyDrainTimeout = 30_000

    /// How often the VIP's owner says that it is there; VRRP counts in steps of 10 ms.
    package var vrrpAdvertisement = 50
    /// Missed advertisements until another node takes the VIP.
    package var vrrpMissedAdvertisements = 5

    /// How often the VIP's health is judged.
    package var vipHealthInterval = 50
    /// How long the local proxy may take to answer.
    package var vipHealthTimeout = 100
    /// Failures in a row until the node gives the VIP up.
    package var vipHealthFall = 2
    /// Failures in a row, each after the whole timeout, until the node gives the VIP up when its proxy waits for a CPU: one
    /// that is late on a busy host is not dead, and moving the VIP would cost more than its lateness.
    package var vipHealthFallStarved = 10
    /// Successes in a row until it may hold one again.
    package var vipHealthRise = 5
    /// Silence of every peer on a network until that network counts as dead for this node.
    package var vipIsolation = 200

    /// etcd's heartbeat.
    package var storeHeartbeat = 40
    /// etcd's election timeout; a lost leader is replaced after one to two of them.
    package var storeElection = 200

    /// Erlang's `net_ticktime`, in seconds: a silent broker node is noticed after 0.75 to 1.25 of it.
    package var brokerTickSeconds = 5
    /// AMQP heartbeat that the broker proposes, in seconds.
    package var brokerHeartbeatSeconds = 10

    package init() {}

    /// The longest time until the proxy stops sending requests to a backend that hangs.
    package var proxyDetection: Int {
        proxyCheckInterval + proxyCheckFall * proxyCheckTimeout + (proxyCheckFall - 1) * proxyCheckRetryInterval
    }
    /// The longest time until another node takes a dead node's VIP.
    package var vipTakeover: Int { (vrrpMissedAdvertisements + 1) * vrrpAdvertisement }
    /// The shortest time after which another node may take the VIP of an owner that has become silent.
    private var vipPatience: Int { (vrrpMissedAdvertisements - 1) * vrrpAdvertisement }
    /// How long the keepalived of a VIP's owner may sleep until it counts as hung: so much longer than it waits for its next
    /// advertisement that one that is late for once is left alone, and about as long as the others wait for it, so that a
    /// hung owner lets go when they take the VIP.
    package var vipSilence: Int { vipPatience - vipHealthInterval / 2 }
    /// Silence of so many peers, on every network, that the store cannot have a majority on this node's side: judged once
    /// more before the others take the VIP, so that nobody has it on both sides.
    package var vipSeparation: Int { vipPatience - vipHealthInterval }

    /// Values that do not fit together, in words; empty for the defaults.
    package var problems: [String] {
        var result: [String] = []
        if storeElection < 5 * storeHeartbeat {
            result.append("etcd's election timeout (\(storeElection) ms) must be at least five heartbeats")
        }
        if proxyAnswerTimeout < 2 * storeElection {
            result.append("a backend must get longer (\(proxyAnswerTimeout) ms) than the store needs for a new leader")
        }
        if proxyAnswerTimeout < Self.controllerPatience + 500 {
            result.append(
                "a backend must get longer (\(proxyAnswerTimeout) ms) than a controller works at a request"
                    + " (\(Self.controllerPatience) ms), or what is slow to decide is decided by all of them")
        }
        if vrrpAdvertisement < 10 || vrrpAdvertisement % 10 != 0 || vrrpAdvertisement > 40_950 {
            result.append("VRRP counts in steps of 10 ms, 10 to 40950: \(vrrpAdvertisement) ms is no such step")
        }
        if vipSeparation <= 2 * vipHealthInterval {
            result.append(
                "the others would take the VIP of a node that is cut off (after \(vipPatience) ms) before it can know it"
            )
        }
        if vipIsolation <= 2 * vipHealthInterval {
            result.append("a network cannot count as dead (\(vipIsolation) ms) before it was asked at least twice")
        }
        if vipHealthFallStarved < vipHealthFall {
            result.append("a proxy that waits for a CPU cannot be given less time than one that hangs")
        }
        if proxyCheckFall < 1 || proxyCheckRise < 1 || vipHealthFall < 1 || vipHealthRise < 1 {
            result.append("counts of checks start at 1")
        }
        if !(1...60).contains(brokerTickSeconds) {
            result.append("the broker's tick time must be 1 to 60 s")
        }
        return result
    }
}
