/// What a deployment keeps secret: made once by `skein up` from the system's random source, kept beside the testbed
/// with mode 0600, and given to the hosts in files that only their services can read.
package struct DeploymentSecrets: Hashable, Sendable {
    /// Erlang's cookie, the same on every broker node.
    package var brokerCookie: String
    /// RabbitMQ's user for Skein, unless it was rotated: then a number follows.
    package static let brokerUser = "skein"
    /// RabbitMQ's user for Skein.
    package var brokerUserName = Self.brokerUser
    /// Password of that user.
    package var brokerPassword: String
    /// The same password as RabbitMQ stores it: Base64 of four bytes of salt and SHA-256 of salt and password.
    package var brokerPasswordHash: String
    /// Users that RabbitMQ has besides, while one takes another's place: their names, and their passwords in the same form.
    package var otherBrokerUsers: [String: String] = [:]
    /// The key that authenticates the echoes between VIP nodes (VRRP itself has no authentication since version 3).
    package var vrrpPassword: String
    /// Keys that VIP nodes take from each other besides, while one takes another's place.
    package var otherVRRPPasswords: [String] = []
    /// Password of the service user `neutron` in Keystone, when the testbed names none.
    package var neutronPassword: String
    /// Certificates of the deployment's own authorities that hosts trust, PEM: one, or two while it is rotated.
    package var authorityCertificate: String
    /// For each managed host, by name: its certificate (PEM; subject alternative names hold its management and control
    /// addresses, its name, both VIPs, `localhost` and `127.0.0.1`) and private key (PEM).
    package var hostCertificates: [String: KeyPair]
    /// The console's key for signing sessions, the same on every node: 64 hexadecimal digits.
    package var sessionKey: String
    /// Everything that has to be known to go on from another build host, as hosts keep it sealed; empty for: nothing.
    package var keptText = ""

    /// A certificate and its private key, both PEM.
    package struct KeyPair: Hashable, Sendable {
        package var certificate: String
        package var privateKey: String

        package init(certificate: String, privateKey: String) {
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    package init(
        brokerCookie: String, brokerPassword: String, brokerPasswordHash: String, vrrpPassword: String,
        neutronPassword: String,
        authorityCertificate: String, hostCertificates: [String: KeyPair], sessionKey: String
    ) {
        self.brokerCookie = brokerCookie
        self.brokerPassword = brokerPassword
        self.brokerPasswordHash = brokerPasswordHash
        self.vrrpPassword = vrrpPassword
        self.neutronPassword = neutronPassword
        self.authorityCertificate = authorityCertificate
        self.hostCertificates = hostCertificates
        self.sessionKey = sessionKey
    }
}
