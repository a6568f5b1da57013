import Testbed

/// A service that clients reach through the proxy.
///
/// Clients use the ports that Contrail's had, on a virtual IP; the proxy listens there on every address. The services
/// themselves listen on the node's control address, 10000 higher, since the proxy holds the original port there too.
package enum ProxiedService: String, Hashable, Sendable, CaseIterable {
    case neutron
    case config
    case collector
    case console

    /// The port that clients connect to.
    package var frontendPort: Int {
        switch self {
        case .neutron: 9696
        case .config: 8082
        case .collector: 8081
        case .console: 8143
        }
    }

    /// The port that the service listens on, at the node's control address.
    package var backendPort: Int { frontendPort + 10_000 }

    /// The role whose hosts run it.
    package var role: Role {
        switch self {
        case .neutron, .config: .cfgm
        case .collector: .collector
        case .console: .webui
        }
    }
}

/// The other ports of an installation (TCP unless it says otherwise).
package enum ServicePort {
    /// Redirects a browser to the console.
    package static let consoleRedirect = 8080
    package static let storeClient = 2379
    package static let storePeer = 2380
    /// etcd's `/health` and `/metrics`, on loopback only.
    package static let storeMetrics = 2381
    /// AMQP over TLS; there is no listener without it.
    package static let broker = 5671
    package static let brokerDistribution = 25_672
    package static let portMapper = 4369
    /// The proxy's own health, on loopback only.
    package static let proxyHealth = 9001
    /// The echo by which VIP nodes hear each other (UDP).
    package static let vipEcho = 9010
}
