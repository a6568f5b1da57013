import Addressing
import Testbed

/// Who does what: the testbed's hosts with their addresses known, and the sets that the stages are made for.
struct Placement {
    /// A managed host.
    struct Node: Hashable {
        var host: Testbed.Host
        var name: String
        /// The address that services bind to and that other nodes use.
        var control: IPAddress
        var management: IPAddress
        var facts: HostFacts

        /// A name that every configuration format takes as a bare word.
        var word: String {
            String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" })
        }
    }

    var nodes: [Node]

    /// - Throws: ``BlueprintError`` when a host's facts or addresses are missing, or a role that nothing works without.
    init(testbed: Testbed, facts: [HostFacts]) throws(BlueprintError) {
        var problems: [BlueprintError.Problem] = []
        nodes = []
        for host in testbed.hosts where host.isManaged {
            guard let own = facts.first(where: { $0.host == host.name }) else {
                problems.append(.init(host: host.name, message: "nothing is known about this host"))
                continue
            }
            guard let management = IPAddress(host.address) ?? own.loginAddress else {
                problems.append(.init(host: host.name, message: "the address of \(host.address) is not known"))
                continue
            }
            let control = host.control?.address ?? management
            guard own.interfaces.contains(where: { $0.addresses.contains { $0.address == control } }) else {
                problems.append(
                    .init(
                        host: host.name,
                        message: "no interface has its control address \(control); set it up, or correct control_data"))
                continue
            }
            nodes.append(
                Node(host: host, name: host.name, control: control, management: management, facts: own))
        }
        for role in [Role.database, .cfgm] where testbed.hosts(in: role).isEmpty {
            problems.append(.init(message: "no host has role \(role.rawValue), which every installation needs"))
        }
        guard problems.isEmpty else { throw BlueprintError(problems: problems) }
    }

    func nodes(in role: Role) -> [Node] {
        nodes.filter { $0.host.roles.contains(role) }
    }

    /// etcd's members.
    var stores: [Node] { nodes(in: .database) }
    /// RabbitMQ's members.
    var brokers: [Node] { nodes(in: .cfgm) }
    /// The nodes with a proxy, and with the virtual IPs when there are some.
    var proxies: [Node] { nodes(in: .cfgm) }
    /// The nodes that run `skein serve`.
    var controllers: [Node] { nodes.filter { !Self.services(of: $0.host).isEmpty } }

    /// What `skein serve` runs on a host, in the words of ``ControllerConfiguration/roles``.
    static func services(of host: Testbed.Host) -> [String] {
        var result: [String] = []
        if host.roles.contains(.cfgm) { result += ["config", "neutron"] }
        if host.roles.contains(.webui) { result.append("console") }
        if host.roles.contains(.collector) { result.append("collector") }
        if host.roles.contains(.control) { result.append("control") }
        return result
    }
}

extension IPAddress {
    /// The address with a port, as URLs and endpoint lists write it.
    func endpoint(_ port: Int) -> String {
        family == .v6 ? "[\(self)]:\(port)" : "\(self):\(port)"
    }

    /// The address in URLs: IPv6 in brackets.
    var urlHost: String { family == .v6 ? "[\(self)]" : description }
}
