/// What a lab consists of: its hosts, their addresses and virtual IPs. Decided once by `up`, kept in the lab's state.
///
/// The networks are the same in every lab: each lab's bridges are in a network namespace of its own.
package struct LabPlan: Hashable, Sendable, Codable {
    /// One of the two networks that every host is on.
    package enum Network: String, Hashable, Sendable, Codable, CaseIterable {
        /// Management: SSH, Keystone, the external virtual IP.
        case management = "mgmt"
        /// Control and data: etcd, RabbitMQ, VRRP, tunnels, the internal virtual IP.
        case control

        /// The first three parts of its addresses; the prefix length is 24.
        var prefix: String { self == .management ? "10.77.0" : "10.78.0" }
        /// The bridge in the fabric namespace.
        package var bridge: String { "br-\(rawValue)" }
        /// The interface of every host on it.
        package var interface: String { self == .management ? "eth0" : "eth1" }
        /// The fabric's own address on it, which hosts have as gateway.
        package var gateway: String { "\(prefix).254" }
        /// The hardware address of the host with that number: the same after each start, as a real host's is. Others
        /// would go on sending to the old one for seconds.
        func macAddress(_ number: Int) -> String {
            let text = String(number & 0xff, radix: 16)
            return "02:53:6b:00:\(self == .management ? "77" : "78"):\(text.count == 1 ? "0" : "")\(text)"
        }
        /// The virtual IP of the controllers on it.
        package var virtualIP: String { "\(prefix).100" }
    }

    /// A host of the lab.
    package struct Host: Hashable, Sendable, Codable {
        /// What a host is for.
        package enum Kind: String, Hashable, Sendable, Codable {
            /// A bare Debian host for all controller roles.
            case controller
            /// A bare Debian host for the agent.
            case compute
            /// The third-party OpenStack host, with Keystone.
            case openstack
            /// Where the OpenStack client runs.
            case client
        }

        /// The host name, which is also what `skein lab` calls it.
        package let name: String
        /// What it is for.
        package let kind: Kind
        /// The last part of both of its addresses.
        package let number: Int

        /// Its address on a network.
        package func address(on network: Network) -> String { "\(network.prefix).\(number)" }

        /// The bridge port it is plugged into, in the fabric namespace.
        package func port(on network: Network) -> String {
            "\(network == .management ? "m" : "c")-\(name)"
        }
    }

    /// The lab's name.
    package let name: LabName
    /// Controllers, computes, the OpenStack host, the client: in this order.
    package let hosts: [Host]

    /// - Parameters:
    ///   - controllers: 1 to 9.
    ///   - computes: 0 to 20.
    ///   - withOpenStack: whether there is an OpenStack host and a client.
    package init(name: LabName, controllers: Int = 3, computes: Int = 0, withOpenStack: Bool = true) throws(LabError) {
        guard (1...9).contains(controllers) else {
            throw LabError(.invalidRequest, "--controllers \(controllers): a lab has 1 to 9 controllers (usually 3)")
        }
        guard (0...20).contains(computes) else {
            throw LabError(.invalidRequest, "--computes \(computes): a lab has 0 to 20 compute hosts")
        }
        self.name = name
        var hosts = (1...controllers).map { Host(name: "controller\($0)", kind: .controller, number: 10 + $0) }
        for index in 0..<computes {
            hosts.append(Host(name: "compute\(index + 1)", kind: .compute, number: 51 + index))
        }
        if withOpenStack {
            hosts.append(Host(name: "openstack", kind: .openstack, number: 5))
            hosts.append(Host(name: "client", kind: .client, number: 9))
        }
        self.hosts = hosts
    }

    /// The hosts of one kind, in order.
    package func hosts(_ kind: Host.Kind) -> [Host] { hosts.filter { $0.kind == kind } }

    /// The host of that name.
    package func host(named name: String) throws(LabError) -> Host {
        guard let host = hosts.first(where: { $0.name == name }) else {
            throw LabError(
                .notFound,
                "lab '\(self.name)' has no host '\(name)'; it has \(hosts.map(\.name).joined(separator: ", "))")
        }
        return host
    }

    /// Whether the controllers are behind virtual IPs; a single one is not.
    package var isHighlyAvailable: Bool { hosts(.controller).count > 1 }

    /// The address at which the controllers' services are reached on a network: the virtual IP, or the one controller.
    package func serviceAddress(on network: Network) -> String {
        isHighlyAvailable ? network.virtualIP : hosts.first?.address(on: network) ?? network.virtualIP
    }

    /// Keystone's address inside the lab; nil in a lab without OpenStack host.
    package var keystoneAddress: String? { hosts(.openstack).first?.address(on: .management) }
    /// Keystone's URL inside the lab; nil in a lab without OpenStack host.
    package var keystoneURL: String? { keystoneAddress.map { "http://\($0):5000/v3" } }
}
