/// Where RabbitMQ is and how to log in.
package struct RabbitMQConfiguration: Hashable, Sendable {
    /// A member of the cluster.
    package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
        /// An address, or a name that resolves quickly (names are looked up by the connection's own thread).
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// A user of the broker. The description leaves the password out.
    package struct Credentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
        package var user: String
        package var password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }

        package var description: String { "user \(user)" }
        package var debugDescription: String { description }
    }

    /// TLS with the member's certificate checked for its name or address.
    package struct TLS: Hashable, Sendable {
        /// The path of the trusted certificates in PEM form.
        package var authority: String
        /// The paths of our own certificate and key in PEM form, for brokers that ask for one.
        package var certificate: String?
        package var key: String?
        /// Whether the member's certificate is checked. Turning it off makes TLS useless against an attacker.
        package var verifies: Bool

        package init(authority: String, certificate: String? = nil, key: String? = nil, verifies: Bool = true) {
            self.authority = authority
            self.certificate = certificate
            self.key = key
            self.verifies = verifies
        }
    }

    /// The members; they are tried in this order, again and again. Put the one on the same machine first.
    package var endpoints: [Endpoint]
    package var virtualHost: String
    package var credentials: Credentials
    /// nil: no TLS.
    package var tls: TLS?
    /// What the broker's own tools show for the connection.
    package var name: String
    package var limits: BrokerLimits

    package init(
        endpoints: [Endpoint], virtualHost: String = "/", credentials: Credentials, tls: TLS? = nil,
        name: String = "skein", limits: BrokerLimits = BrokerLimits()
    ) {
        self.endpoints = endpoints
        self.virtualHost = virtualHost
        self.credentials = credentials
        self.tls = tls
        self.name = name
        self.limits = limits
    }
}
