import JSON

/// The content of `/etc/skein/controller.json`: what `skein serve --config FILE` is told about its place in a cluster.
///
/// `Blueprint` writes it and the executable reads it, so both sides of the contract stand here.
package struct ControllerConfiguration: Hashable, Sendable {
    /// This node's name in status displays and logs.
    package var nodeName: String
    /// Which services this node runs: `config`, `neutron`, `console`, `collector`, `control`.
    package var roles: [String]
    /// The address the services listen on; the proxy reaches them here, at ``ProxiedService/backendPort``.
    package var bindAddress: String
    /// `https://address:2379` of every member of the store.
    package var storeEndpoints: [String]
    /// The CA, certificate and key files (PEM) for the store, the broker and between services.
    package var authorityFile: String
    package var certificateFile: String
    package var privateKeyFile: String
    /// `address:5671` (AMQP over TLS) of every broker node; empty without a broker.
    package var brokerEndpoints: [String]
    package var brokerUser: String
    package var brokerPassword: String
    /// Keystone, nil for a controller without authentication (embedded only).
    package var keystone: Keystone?
    /// Every controller's name and bind address, for the console's cluster page.
    package var controllers: [Peer]
    package var internalVIP: String?
    package var externalVIP: String?
    /// 64 hexadecimal digits that sign the console's sessions.
    package var sessionKey: String
    package var region: String
    /// The most objects on one page of a list of an API; nil leaves it to the executable. Not written when it is nil, so
    /// that an older executable reads the file.
    package var largestPage: Int?
    /// How much may wait for the broker; nil for what is usual.
    package var noticeBacklog: NoticeBacklog?

    /// How many notices may wait for the broker, and how many bytes of the store they may take, before some are given up.
    package struct NoticeBacklog: Hashable, Sendable {
        package var entries: Int
        package var bytes: Int

        /// With fewer, a busy minute without a broker would be too much.
        package static let possibleEntries = 10_000...10_000_000
        /// From 16 MiB to half of the store's quota.
        package static let possibleBytes = 16 << 20...4 << 30

        package init(entries: Int, bytes: Int) {
            self.entries = entries
            self.bytes = bytes
        }
    }

    /// How tokens are validated.
    package struct Keystone: Hashable, Sendable {
        /// Where Keystone answers, such as `http://192.0.2.5:5000`, or its v3 URL; the former's v3 API is looked for.
        package var url: String
        package var user: String
        package var password: String
        package var project: String
        package var userDomain: String
        package var projectDomain: String
        /// TLS is not verified.
        package var insecure: Bool
        /// A CA bundle on the controller, when Keystone's certificate is not signed by a public one.
        package var authorityFile: String?

        package init(
            url: String, user: String, password: String, project: String, userDomain: String = "Default",
            projectDomain: String = "Default", insecure: Bool = false, authorityFile: String? = nil
        ) {
            self.url = url
            self.user = user
            self.password = password
            self.project = project
            self.userDomain = userDomain
            self.projectDomain = projectDomain
            self.insecure = insecure
            self.authorityFile = authorityFile
        }
    }

    /// A controller of the cluster.
    package struct Peer: Hashable, Sendable {
        package var name: String
        package var address: String
        /// It has the role collector, so that events wait for it in the broker.
        package var collects: Bool

        package init(name: String, address: String, collects: Bool = true) {
            self.name = name
            self.address = address
            self.collects = collects
        }
    }

    package init(
        nodeName: String, roles: [String], bindAddress: String, storeEndpoints: [String], authorityFile: String,
        certificateFile: String, privateKeyFile: String, brokerEndpoints: [String], brokerUser: String,
        brokerPassword: String, keystone: Keystone?, controllers: [Peer], internalVIP: String?, externalVIP: String?,
        sessionKey: String, region: String, largestPage: Int? = nil, noticeBacklog: NoticeBacklog? = nil
    ) {
        self.nodeName = nodeName
        self.roles = roles
        self.bindAddress = bindAddress
        self.storeEndpoints = storeEndpoints
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.brokerEndpoints = brokerEndpoints
        self.brokerUser = brokerUser
        self.brokerPassword = brokerPassword
        self.keystone = keystone
        self.controllers = controllers
        self.internalVIP = internalVIP
        self.externalVIP = externalVIP
        self.sessionKey = sessionKey
        self.region = region
        self.largestPage = largestPage
        self.noticeBacklog = noticeBacklog
    }
}
