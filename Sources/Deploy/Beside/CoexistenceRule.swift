import Addressing
import Blueprint
import Testbed

/// Decides how an installation lives beside what others have on its hosts. Pure.
///
/// Nothing of theirs is touched. Ports and ids that only the installation itself has to know give way to theirs; a port that
/// clients know cannot, and is refused with what to do.
struct CoexistenceRule {
    private(set) var errors: [String] = []
    /// What the operator should know: what was found, and what differs for it.
    private(set) var notices: [String] = []
    private(set) var ports = InstallationPorts()
    /// The ids of the virtual routers, by virtual IP.
    private(set) var virtualRouterIDs: [IPAddress: Int] = [:]

    /// How far an installation's port is from the usual one when that is taken; doubled and so on, this often at most.
    private static let distance = 100
    private static let attempts = 20

    private let hosts: [(host: Testbed.Host, inventory: HostInventory)]

    init(testbed: Testbed, surveys: [HostSurvey]) {
        var hosts: [(host: Testbed.Host, inventory: HostInventory)] = []
        for host in testbed.hosts where host.isManaged {
            guard let survey = surveys.first(where: { $0.facts.host == host.name }) else { continue }
            hosts.append((host, survey.inventory))
        }
        self.hosts = hosts
        for (host, inventory) in hosts where host.isController {
            let units = inventory.packaged.filter { $0.isInUse && !inventory.former.contains($0.name) }.map(\.name)
            guard !units.isEmpty else { continue }
            notices.append(
                "\(host.name): \(units.joined(separator: ", ")) of somebody else stay\(units.count == 1 ? "s" : "") as "
                    + "\(units.count == 1 ? "it is" : "they are"); Skein's run beside \(units.count == 1 ? "it" : "them")"
            )
        }
        choose(\.storeClient, "store-client", "etcd's port for clients", .database)
        choose(\.storePeer, "store-peer", "etcd's port for members", .database)
        choose(\.brokerDistribution, "distribution", "RabbitMQ's port for members", .cfgm)
        choose(\.portMapper, "port-mapper", "Erlang's port mapper", .cfgm)
        chooseRedirect()
        checkFixedPorts()
        chooseVirtualRouterIDs(testbed)
    }

    /// The testbed with the ids that were chosen.
    func applied(to testbed: Testbed) -> Testbed {
        var testbed = testbed
        if let address = testbed.internalVIP?.address, let id = virtualRouterIDs[address] {
            testbed.internalVIP?.virtualRouterID = id
        }
        if let address = testbed.externalVIP?.address, let id = virtualRouterIDs[address] {
            testbed.externalVIP?.virtualRouterID = id
        }
        return testbed
    }

    // MARK: Ports

    /// What keeps an address and a port on a host from Skein.
    private struct Claim {
        var host: String
        var text: String
    }

    private static let rabbit = "rabbitmq-server.service"

    /// - Parameter countsStopped: whether a RabbitMQ that does not run at the moment has its ports nevertheless.
    private func claims(
        on port: Int, _ role: Role, countsStopped: Bool = true, address: (Testbed.Host) -> [String]
    ) -> [Claim] {
        var result: [Claim] = []
        for (host, inventory) in hosts where host.roles.contains(role) {
            let addresses = address(host)
            let listener = inventory.foreignListeners.first { listener in
                listener.port == port && addresses.contains { Self.clash(listener.address, $0) }
            }
            if let listener {
                result.append(Claim(host: host.name, text: Self.text(listener)))
            } else if countsStopped, [ServicePort.portMapper, ServicePort.brokerDistribution].contains(port),
                !inventory.former.contains(Self.rabbit),
                inventory.packaged.contains(where: { $0.name == Self.rabbit && $0.isInUse })
            {
                result.append(Claim(host: host.name, text: "\(Self.rabbit) of somebody else uses \(port)"))
            }
        }
        return result
    }

    private static func everyAddress(_ host: Testbed.Host) -> [String] { ["0.0.0.0"] }

    /// Keeps the port that the installation has; a new one takes the first that nobody has on any of its hosts.
    private mutating func choose(
        _ path: WritableKeyPath<InstallationPorts, Int>, _ name: String, _ title: String, _ role: Role
    ) {
        // The store listens on the control address alone.
        func addresses(_ host: Testbed.Host) -> [String] {
            role == .database ? [host.controlAddress] : [host.controlAddress, "127.0.0.1"]
        }
        let members = hosts.filter { $0.host.roles.contains(role) }
        let usual = ports[keyPath: path]
        let isFormer = role == .cfgm && members.contains { $0.inventory.former.contains(Self.rabbit) }
        if let current = members.compactMap({ $0.inventory.ownPorts[name] }).first ?? (isFormer ? usual : nil) {
            ports[keyPath: path] = current
            errors += claims(on: current, role, countsStopped: false, address: addresses).map {
                "\($0.host): \($0.text), which is \(title) of this installation: stop that, or give it another port"
            }
            return
        }
        let clashes = claims(on: usual, role, address: addresses)
        guard !clashes.isEmpty else { return }
        for attempt in 1...Self.attempts {
            let candidate = usual + attempt * Self.distance
            guard claims(on: candidate, role, address: addresses).isEmpty else { continue }
            ports[keyPath: path] = candidate
            notices.append(
                "\(title) is \(candidate) on every host, since \(usual) is not free ("
                    + clashes.map { "\($0.host): \($0.text)" }.joined(separator: "; ") + ")")
            return
        }
        errors += clashes.map { "\($0.host): \($0.text), and no other port is free for \(title)" }
    }

    private mutating func chooseRedirect() {
        guard let port = ports.consoleRedirect else { return }
        let clashes = claims(on: port, .cfgm, address: Self.everyAddress)
        guard !clashes.isEmpty else { return }
        ports.consoleRedirect = nil
        notices.append(
            "nothing redirects browsers from port \(port) to the console, which is https on \(ProxiedService.console.frontendPort): "
                + clashes.map { "\($0.host): \($0.text)" }.joined(separator: "; "))
    }

    private mutating func checkFixedPorts() {
        for service in ProxiedService.allCases {
            let clashes = claims(on: service.frontendPort, .cfgm, address: Self.everyAddress)
            errors += clashes.map {
                "\($0.host): \($0.text): Skein's \(service.rawValue) port clashes, and clients know it: stop that"
                    + (service == .neutron ? " (Skein takes the place of neutron-server)" : "")
                    + ", give it another port, or move the role cfgm to another host"
            }
            let title = "the port of \(service.rawValue) behind the proxy"
            refuse(service.backendPort, title, service.role) { [$0.controlAddress] }
        }
        refuse(ServicePort.broker, "RabbitMQ's port", .cfgm) { [$0.controlAddress] }
        refuse(ServicePort.proxyHealth, "the proxy's health", .cfgm) { _ in ["127.0.0.1"] }
        refuse(ServicePort.storeMetrics, "etcd's health", .database) { _ in ["127.0.0.1"] }
    }

    private mutating func refuse(_ port: Int, _ title: String, _ role: Role, address: (Testbed.Host) -> [String]) {
        errors += claims(on: port, role, address: address).map {
            "\($0.host): \($0.text), which Skein needs for \(title): stop that, give it another port, or move the role "
                + "\(role.rawValue) to another host"
        }
    }

    private static func text(_ listener: HostInventory.Listener) -> String {
        let program = listener.program.isEmpty ? "a program that the system does not name" : listener.program
        let unit = listener.unit.isEmpty ? "" : " (\(listener.unit))"
        return "\(program)\(unit) of somebody else on \(listener.address):\(listener.port)"
    }

    /// Whether two sockets cannot listen on the same port.
    private static func clash(_ listener: String, _ wanted: String) -> Bool {
        let text = listener.hasPrefix("[") ? String(listener.dropFirst().dropLast()) : listener
        if ["0.0.0.0", "*"].contains(text) || wanted == "0.0.0.0" { return true }
        // Written so for a socket of IPv6 alone; one for both is `*`.
        if text == "::" { return wanted.contains(":") }
        return IPAddress(text) == IPAddress(wanted)
    }

    // MARK: Virtual routers

    /// An id that a keepalived of somebody else uses would make two of them fight for addresses.
    private mutating func chooseVirtualRouterIDs(_ testbed: Testbed) {
        let proxies = hosts.filter { $0.host.roles.contains(.cfgm) }
        let foreign = proxies.flatMap { host, inventory in
            inventory.virtualRouters.map { (host: host.name, router: $0) }
        }
        var virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0 }
        if virtualIPs.count == 2, virtualIPs[0].address == virtualIPs[1].address { virtualIPs.removeLast() }
        var taken = Set(foreign.map(\.router.id)).union(virtualIPs.map(\.virtualRouterID))
        for virtualIP in virtualIPs {
            let id = virtualIP.virtualRouterID
            guard let clash = foreign.first(where: { $0.router.id == id }) else { continue }
            let place = "\(clash.router.file) on \(clash.host), which is somebody else's"
            guard let free = (1...255).map({ (id + $0 - 1) % 255 + 1 }).first(where: { !taken.contains($0) }) else {
                errors.append(
                    "virtual IP \(virtualIP.address): VRRP id \(id) is used in \(place), and no other is free")
                continue
            }
            taken.insert(free)
            virtualRouterIDs[virtualIP.address] = free
            notices.append(
                "virtual IP \(virtualIP.address) has VRRP id \(free), since \(id) is used in \(place)")
        }
    }
}
