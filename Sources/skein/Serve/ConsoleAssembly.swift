import Blueprint
import Console
import Controller
import HTTPService
import Keystone
import Logging
import NIOCore
import ServiceLifecycle

/// Puts the console together, for a cluster and for an embedded controller.
enum ConsoleAssembly {
    /// The console of a controller in a cluster, behind the proxy's port 8143.
    ///
    /// Ready as long as the process serves: without a majority of the store it is what shows that there is none.
    static func cluster(
        _ configuration: ControllerConfiguration, service: ConfigService, readiness: Readiness, logger: Logger
    ) throws -> any Service {
        guard let signer = SessionSigner(key: configuration.sessionKey) else {
            throw KeystoneError(.misconfigured, "the configuration file's session key is not 64 hexadecimal digits")
        }
        guard let keystone = configuration.keystone else {
            throw KeystoneError(
                .misconfigured, "the configuration file names no Keystone; the console signs in with it")
        }
        let virtualIPs = [("internal", configuration.internalVIP), ("external", configuration.externalVIP)]
        let layout = ClusterLayout(
            node: configuration.nodeName,
            controllers: configuration.controllers.map { .init(name: $0.name, address: $0.address) },
            statusPort: ProxiedService.collector.backendPort,
            virtualIPs: virtualIPs.compactMap { name, address in address.map { .init(name: name, address: $0) } },
            brokerEndpoints: configuration.brokerEndpoints)
        let routes = try ConsoleRoutes(
            cluster: ClusterPoller(layout: layout), listing: ReplicaListing(service: service),
            signIn: KeystoneSignIn(
                authentication: try KeystoneAuthentication(
                    url: keystone.url,
                    tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.authorityFile)),
                domain: keystone.userDomain),
            signer: signer, readiness: readiness.independent())
        return try ConsoleServer(
            routes: routes, address: configuration.bindAddress, port: ProxiedService.console.backendPort,
            tls: .init(certificate: configuration.certificateFile, privateKey: configuration.privateKeyFile),
            logger: logger)
    }

    /// The console of an embedded controller, on loopback, with its token for signing in.
    static func embedded(
        service: ConfigService, validator: any TokenValidator, address: String, port: Int, statusPort: Int,
        logger: Logger
    ) throws -> any Service {
        let layout = ClusterLayout(
            node: "embedded", controllers: [.init(name: "embedded", address: address)], statusPort: statusPort)
        let routes = try ConsoleRoutes(
            cluster: ClusterPoller(layout: layout), listing: ReplicaListing(service: service),
            signIn: TokenSignIn(validator: validator), signer: SessionSigner(), readiness: Readiness { nil },
            settings: .init(isSecure: false))
        return try ConsoleServer(routes: routes, address: address, port: port, tls: nil, logger: logger)
    }

    /// The addresses of this machine's interfaces, the virtual IPs that it has among them.
    static func interfaceAddresses() -> [String] {
        ((try? System.enumerateDevices()) ?? []).compactMap { $0.address?.ipAddress }
    }
}
