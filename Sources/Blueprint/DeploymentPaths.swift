/// Where an installation's files are on its hosts.
package enum DeploymentPath {
    package static let executable = "/usr/local/bin/skein"
    package static let configuration = "/etc/skein"
    /// The authorities that the host trusts; more than one while the authority is being rotated.
    package static let authority = "/etc/skein/tls/ca.pem"
    /// A certificate with its private key, in one file for each service that reads it: both change in one step, so that
    /// no handshake ever meets the one without the other.
    package static let certificate = "/etc/skein/tls/skein.pem"
    package static let storeCertificate = "/etc/skein/tls/etcd.pem"
    package static let brokerCertificate = "/etc/skein/tls/rabbitmq.pem"
    /// The deployment's secrets, encrypted with a key of the host: what `skein adopt` reads.
    package static let sealedSecrets = "/var/lib/skein/secrets.sealed"
    package static let keystoneAuthority = "/etc/skein/tls/keystone-ca.pem"
    package static let controller = "/etc/skein/controller.json"
    package static let vipHealth = "/etc/skein/vip-health.json"
    /// What keepalived tracks; on a memory file system.
    package static let vipState = "/run/skein/vip.state"
    package static let vipTerm = "/run/skein/vip.term"
    package static let storeConfiguration = "/etc/skein/etcd.yaml"
    package static let storeData = "/var/lib/skein/etcd"
    /// What `skein` remembers about a host: which file versions a service was started with.
    package static let state = "/var/lib/skein"
    package static let brokerConfiguration = "/etc/rabbitmq/rabbitmq.conf"
    package static let brokerEnvironment = "/etc/rabbitmq/rabbitmq-env.conf"
    package static let brokerCookie = "/var/lib/rabbitmq/.erlang.cookie"
    /// What the cookie is to be; readable for the broker, which takes it over while it runs.
    package static let brokerCookieSource = "/etc/skein/broker-cookie"
    package static let brokerDefinitions = "/etc/skein/broker-definitions.json"
    /// Small programs that units start.
    package static let programs = "/usr/local/lib/skein"
    package static let vipFallback = programs + "/vip-fallback"
    package static let brokerWatch = programs + "/broker-watch"
    package static let proxyConfiguration = "/etc/haproxy/haproxy.cfg"
    package static let keepalivedConfiguration = "/etc/keepalived/keepalived.conf"

    static func unit(_ name: String) -> String { "/etc/systemd/system/\(name)" }
    static func dropIn(_ name: String) -> String { "/etc/systemd/system/\(name).d/skein.conf" }
}

/// The systemd units of an installation, by their names in `systemctl`.
package enum DeploymentUnit {
    package static let store = "skein-etcd.service"
    package static let broker = "rabbitmq-server.service"
    package static let controller = "skein-controller.service"
    package static let proxy = "haproxy.service"
    package static let vip = "keepalived.service"
    package static let vipHealth = "skein-vip-health.service"
    /// Starts the watch over the broker; the timer and what it starts.
    package static let brokerWatch = [BrokerWatch.timer, BrokerWatch.service]
}
