import Addressing

/// A deployment as the operator described it: hosts and their roles, virtual IPs, the Keystone to use.
///
/// This is the result of reading a `testbed.py` that has no errors; every default of the original is already filled in.
package struct Testbed: Hashable, Sendable {
    /// A machine of the deployment.
    package struct Host: Hashable, Sendable {
        /// The host string of the file, `user@address`: its identity.
        package var hostString: String
        /// The name from `env.hostnames`, or one made from the address (`host-192-0-2-11`).
        package var name: String
        /// The user to log in as.
        package var user: String
        /// The address (or DNS name) to log in at: the management address.
        package var address: String
        /// The password from `env.passwords`, when there is one and no key is used.
        package var password: String?
        /// The host's place on the control and data network; nil means that the management network serves for both.
        package var control: ControlInterface?
        /// The roles it has, without duplicates, in the order of ``Role``.
        package var roles: [Role]
        /// Whether Skein manages it (it is in role `all`); third-party OpenStack hosts are not managed.
        package var isManaged: Bool
        /// Whether it has a part of a controller: the store, the broker, an API, the console.
        package var isController: Bool { !Role.ofControllers.isDisjoint(with: roles) }

        package init(
            hostString: String, name: String, user: String, address: String, password: String? = nil,
            control: ControlInterface? = nil, roles: [Role] = [], isManaged: Bool = true
        ) {
            self.hostString = hostString
            self.name = name
            self.user = user
            self.address = address
            self.password = password
            self.control = control
            self.roles = roles
            self.isManaged = isManaged
        }

        /// The address that services bind to and are reached at by other nodes: control, else management.
        package var controlAddress: String { control?.address.description ?? address }
    }

    /// One entry of `control_data`.
    package struct ControlInterface: Hashable, Sendable {
        package var address: IPAddress
        package var prefixLength: Int
        package var gateway: IPAddress?
        package var device: String?
        package var vlan: Int?

        package init(
            address: IPAddress, prefixLength: Int, gateway: IPAddress? = nil, device: String? = nil, vlan: Int? = nil
        ) {
            self.address = address
            self.prefixLength = prefixLength
            self.gateway = gateway
            self.device = device
            self.vlan = vlan
        }
    }

    /// A virtual IP and the VRRP id (1 to 255) that announces it.
    package struct VirtualIP: Hashable, Sendable {
        package var address: IPAddress
        package var virtualRouterID: Int

        package init(address: IPAddress, virtualRouterID: Int) {
            self.address = address
            self.virtualRouterID = virtualRouterID
        }
    }

    /// What `env.keystone` says, with the defaults of the original.
    package struct Keystone: Hashable, Sendable {
        /// IPv4 or IPv6 address, or name, of the Keystone host or VIP.
        package var address: String
        /// `http` or `https`.
        package var authProtocol: String
        /// The port to try first; 35357 falls back to discovery on 5000.
        package var authPort: Int
        package var adminUser: String
        package var adminPassword: String
        package var adminProject: String
        package var serviceProject: String
        /// Password of the `neutron` service user; one that Skein makes up when the file has none.
        package var neutronPassword: String?
        package var userDomain: String
        package var projectDomain: String
        package var region: String
        /// TLS is not verified; loud wherever it is shown.
        package var insecure: Bool
        /// Path of a CA bundle on the build host.
        package var caFile: String?
        /// Whether Neutron is registered in Keystone by Skein (`manage_neutron`).
        package var managesNeutron: Bool

        package init(
            address: String, authProtocol: String = "http", authPort: Int = 35357, adminUser: String = "admin",
            adminPassword: String = "contrail123", adminProject: String = "admin", serviceProject: String = "service",
            neutronPassword: String? = nil, userDomain: String = "Default", projectDomain: String = "Default",
            region: String = "RegionOne", insecure: Bool = false, caFile: String? = nil, managesNeutron: Bool = true
        ) {
            self.address = address
            self.authProtocol = authProtocol
            self.authPort = authPort
            self.adminUser = adminUser
            self.adminPassword = adminPassword
            self.adminProject = adminProject
            self.serviceProject = serviceProject
            self.neutronPassword = neutronPassword
            self.userDomain = userDomain
            self.projectDomain = projectDomain
            self.region = region
            self.insecure = insecure
            self.caFile = caFile
            self.managesNeutron = managesNeutron
        }

        /// Where Keystone answers: without a path, since only Keystone itself knows that of its v3 API.
        ///
        /// - Parameter port: nil takes ``authPort``.
        package func url(port: Int? = nil) -> String {
            let host = IPAddress(address)?.family == .v6 ? "[\(address)]" : address
            return "\(authProtocol)://\(host):\(port ?? authPort)"
        }
    }

    /// All hosts, managed ones first in the order of role `all`, then third-party ones.
    package var hosts: [Host]
    /// `contrail_internal_vip`; nil without HA.
    package var internalVIP: VirtualIP?
    /// `contrail_external_vip`; nil when the internal one serves for everything.
    package var externalVIP: VirtualIP?
    package var keystone: Keystone?
    /// `router_asn`, 64512 unless set.
    package var autonomousSystem: Int
    /// `ext_routers`: name and address of each physical gateway.
    package var externalRouters: [ExternalRouter]
    /// Path of the SSH private key on the build host (`env.key_filename`), when the file names one.
    package var keyFile: String?
    /// `minimum_diskGB`: what a database host must have free, in GB; nil when the file has none.
    package var minimumDiskGB: Int?
    /// `pagination_max_limit`, Neutron's name for it: the most objects on one page of a list; nil leaves it to Skein.
    package var largestPage: Int?

    /// One entry of `ext_routers`.
    package struct ExternalRouter: Hashable, Sendable {
        package var name: String
        package var address: IPAddress

        package init(name: String, address: IPAddress) {
            self.name = name
            self.address = address
        }
    }

    package init(
        hosts: [Host], internalVIP: VirtualIP? = nil, externalVIP: VirtualIP? = nil, keystone: Keystone? = nil,
        autonomousSystem: Int = 64512, externalRouters: [ExternalRouter] = [], keyFile: String? = nil,
        minimumDiskGB: Int? = nil, largestPage: Int? = nil
    ) {
        self.hosts = hosts
        self.internalVIP = internalVIP
        self.externalVIP = externalVIP
        self.keystone = keystone
        self.autonomousSystem = autonomousSystem
        self.externalRouters = externalRouters
        self.keyFile = keyFile
        self.minimumDiskGB = minimumDiskGB
        self.largestPage = largestPage
    }

    /// The managed hosts that have a role, in the file's order.
    package func hosts(in role: Role) -> [Host] {
        hosts.filter { $0.isManaged && $0.roles.contains(role) }
    }
}

/// A role of `env.roledefs` that Skein acts on.
package enum Role: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Where `skein up` runs.
    case build
    /// Config API, Neutron API, RabbitMQ, HAProxy and keepalived.
    case cfgm
    /// etcd.
    case database
    /// Control service.
    case control
    /// Event history, metrics, status API.
    case collector
    /// Console.
    case webui
    /// Agent.
    case compute
    /// Keystone and the rest of OpenStack.
    case openstack

    /// What a controller is made of; the other roles use controllers.
    package static let ofControllers: Set<Role> = [.cfgm, .database, .control, .collector, .webui]

    package static func < (left: Role, right: Role) -> Bool {
        left.order < right.order
    }

    private var order: Int { Role.allCases.firstIndex(of: self) ?? 0 }
}
