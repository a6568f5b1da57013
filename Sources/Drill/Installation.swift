import Addressing
import Blueprint
import Keystone
import Testbed

/// What a drill needs to know of the installation: who is in it, and where it serves.
package struct Installation: Sendable {
    /// A managed host with the config role.
    package struct Controller: Hashable, Sendable {
        package var name: String
        /// Where its services listen.
        package var controlAddress: String
        /// Where it is logged in at; the control address in an installation with one network.
        package var managementAddress: String

        package init(name: String, controlAddress: String, managementAddress: String) {
            self.name = name
            self.controlAddress = controlAddress
            self.managementAddress = managementAddress
        }
    }

    package var controllers: [Controller]
    /// Where clients reach the APIs, by the virtual IP's name: `internal`, and `external` when there is one.
    package var serviceAddresses: [(name: String, address: String)]
    package var keystone: Testbed.Keystone
    /// The name of the host that Keystone is on; nil when it is none of the testbed's.
    package var identityHost: String?

    /// - Throws: ``DrillError`` when the testbed has no Keystone or no controller.
    package init(testbed: Testbed) throws(DrillError) {
        controllers = testbed.hosts(in: .cfgm).map {
            Controller(name: $0.name, controlAddress: $0.controlAddress, managementAddress: $0.address)
        }
        guard let first = controllers.first else {
            throw DrillError("the testbed has no host in role cfgm, so there is nothing to drill")
        }
        guard let keystone = testbed.keystone else {
            throw DrillError("the testbed has no env.keystone; the drill's load needs a token")
        }
        self.keystone = keystone
        identityHost =
            testbed.hosts.first { $0.roles.contains(.openstack) && $0.address == keystone.address }?.name
        serviceAddresses = []
        if let vip = testbed.internalVIP { serviceAddresses.append(("internal", vip.address.description)) }
        if let vip = testbed.externalVIP { serviceAddresses.append(("external", vip.address.description)) }
        if serviceAddresses.isEmpty { serviceAddresses = [("controller", first.controlAddress)] }
    }

    /// The virtual IPs, as they appear on an interface.
    package var virtualIPs: [String] { serviceAddresses.filter { $0.name != "controller" }.map(\.address) }

    var keystoneLocator: KeystoneLocator {
        KeystoneLocator(
            authProtocol: keystone.authProtocol, address: keystone.address, port: keystone.authPort,
            tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.caFile))
    }

    /// Whether faults may be put on a host at all: nothing outside of the testbed is ever touched.
    package func isHost(_ name: String) -> Bool {
        name == identityHost || controllers.contains { $0.name == name }
    }

    /// The Neutron API at one of the service addresses.
    func neutronURL(_ address: String) -> String { url(address, .neutron) }

    /// A service at one of the service addresses.
    func url(_ address: String, _ service: ProxiedService) -> String { "http://\(address):\(service.frontendPort)" }

    /// A controller's own service, past the proxy.
    func backendURL(_ controller: Controller, _ service: ProxiedService) -> String {
        "http://\(controller.controlAddress):\(service.backendPort)"
    }
}
