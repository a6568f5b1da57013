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
    /// Is there as soon as the member has data, in one step.
    package static let storeLog = storeData + "/member/wal"
    /// The members that a store is being formed of; gone as soon as it serves.
    package static let storeFormation = "/var/lib/skein/etcd-formation"
    /// The id of the store that this host's controller was made for, in hexadecimal digits.
    package static let storeIdentity = "/etc/skein/store-id"
    /// What `skein` remembers about a host: which file versions a service was started with.
    package static let state = "/var/lib/skein"
    /// The packages that Skein has installed on a host, a name a line: all that `down --purge` may remove.
    package static let installedPackages = state + "/packages"
    package static let brokerDirectory = "/etc/skein/rabbitmq"
    package static let brokerConfiguration = brokerDirectory + "/rabbitmq.conf"
    /// Whom a broker without data looks for; apart from the rest, since a running one has no use for it.
    package static let brokerMembers = brokerDirectory + "/conf.d/skein-members.conf"
    /// Is there while a broker joins and has not got everything yet.
    package static let brokerJoining = state + "/broker-joining"
    package static let brokerEnvironment = brokerDirectory + "/rabbitmq-env.conf"
    /// The broker's home: its cookie, and its data in ``brokerData``.
    package static let brokerHome = state + "/rabbitmq"
    package static let brokerData = brokerHome + "/mnesia"
    package static let brokerCookie = brokerHome + "/.erlang.cookie"
    /// What the cookie is to be; readable for the broker, which takes it over while it runs.
    package static let brokerCookieSource = "/etc/skein/broker-cookie"
    package static let brokerLog = logs + "/rabbitmq"
    package static let logs = "/var/log/skein"
    /// RabbitMQ's tools as they reach Skein's own broker; the ones without `skein-` reach Debian's.
    package static let brokerControl = brokerTool("rabbitmqctl")
    package static let brokerQueues = brokerTool("rabbitmq-queues")
    package static let brokerTools = [brokerControl, brokerQueues, brokerTool("rabbitmq-diagnostics")]
    package static let brokerDefinitions = "/etc/skein/broker-definitions.json"
    /// Small programs that units start.
    package static let programs = "/usr/local/lib/skein"
    package static let vipFallback = programs + "/vip-fallback"
    package static let brokerWatch = programs + "/broker-watch"
    package static let proxyConfiguration = "/etc/skein/haproxy.cfg"
    /// The proxy's root directory once it runs: it is empty.
    package static let proxyRoot = state + "/haproxy"
    package static let keepalivedConfiguration = "/etc/skein/keepalived.conf"

    package static func unit(_ name: String) -> String { "/etc/systemd/system/\(name)" }

    private static func brokerTool(_ name: String) -> String { "/usr/local/sbin/skein-\(name)" }
}

/// The systemd units of an installation, by their names in `systemctl`. All are Skein's own: the ones of Debian's packages
/// belong to whoever else is on the host.
package enum DeploymentUnit {
    package static let store = "skein-etcd.service"
    package static let broker = "skein-rabbitmq.service"
    /// Erlang's port mapper: the socket and what it starts.
    package static let portMapperSocket = "skein-epmd.socket"
    package static let portMapper = "skein-epmd.service"
    package static let controller = "skein-controller.service"
    package static let proxy = "skein-haproxy.service"
    package static let vip = "skein-keepalived.service"
    package static let vipHealth = "skein-vip-health.service"
    /// Starts the watch over the broker; the timer and what it starts.
    package static let brokerWatch = [BrokerWatch.timer, BrokerWatch.service]
}
