import Addressing
import Blueprint
import Testbed

/// Testbeds and facts that the suites share.
enum Fixture {
    static let roles: [Role] = [.cfgm, .database, .control, .collector, .webui]

    static func address(_ text: String) throws -> IPAddress {
        struct NoAddress: Error {}
        guard let address = IPAddress(text) else { throw NoAddress() }
        return address
    }

    static func host(_ index: Int, roles: [Role] = roles) throws -> Testbed.Host {
        .init(
            hostString: "root@10.88.125.\(index)", name: "c\(index)", user: "root", address: "10.88.125.\(index)",
            control: .init(address: try address("172.16.41.\(index)"), prefixLength: 24, device: "eth1"), roles: roles)
    }

    /// The requirement's own virtual IPs and Keystone, on three controllers.
    static func testbed(hosts: [Testbed.Host]? = nil) throws -> Testbed {
        try Testbed(
            hosts: hosts ?? (1...3).map { try host($0) },
            internalVIP: .init(address: address("172.16.41.100"), virtualRouterID: 100),
            externalVIP: .init(address: address("10.88.125.75"), virtualRouterID: 101),
            keystone: .init(address: "10.88.125.5"))
    }

    static func facts(of testbed: Testbed, broker: String = "3.10.8-1.1+deb12u1") throws -> [HostFacts] {
        try testbed.hosts.filter(\.isManaged).map { host in
            var interfaces = [
                HostFacts.Interface(
                    name: "eth0", addresses: [.init(address: try address(host.address), prefixLength: 24)])
            ]
            if let control = host.control {
                interfaces.append(
                    .init(
                        name: "eth1", addresses: [.init(address: control.address, prefixLength: control.prefixLength)]))
            }
            return HostFacts(
                host: host.name, distribution: "debian", distributionVersion: "12", interfaces: interfaces,
                packageVersions: ["rabbitmq-server": broker], freeBytes: 100 << 30, clockOffset: 0)
        }
    }

    static func secrets(of testbed: Testbed) -> DeploymentSecrets {
        let pairs = testbed.hosts.filter(\.isManaged).map {
            (
                $0.name,
                DeploymentSecrets.KeyPair(certificate: "CERTIFICATE \($0.name)\n", privateKey: "KEY \($0.name)\n")
            )
        }
        return DeploymentSecrets(
            brokerCookie: "COOKIE", brokerPassword: "broker-secret", brokerPasswordHash: "aGFzaA==",
            vrrpPassword: "vrrp-secret", neutronPassword: "neutron-secret", authorityCertificate: "AUTHORITY\n",
            hostCertificates: Dictionary(uniqueKeysWithValues: pairs), sessionKey: String(repeating: "0", count: 64))
    }

    static func blueprint(_ testbed: Testbed, settings: DeploymentSettings = .init()) throws -> Blueprint {
        try Blueprint(testbed: testbed, facts: facts(of: testbed), secrets: secrets(of: testbed), settings: settings)
    }
}

extension Blueprint {
    /// The resources of one host in one stage; empty when the host has no part in it.
    func resources(_ stage: String, _ host: String) -> [Resource] {
        stages.first { $0.name == stage }?.hosts.first { $0.host == host }?.resources ?? []
    }

    /// The file at a path on a host, whatever the stage.
    func file(_ path: String, _ host: String) -> Resource.File? {
        for stage in stages {
            for case .file(let file) in resources(stage.name, host) where file.path == path { return file }
        }
        return nil
    }

    func service(_ name: String, _ host: String) -> Resource.Service? {
        for stage in stages {
            for case .service(let service) in resources(stage.name, host) where service.name == name { return service }
        }
        return nil
    }
}
