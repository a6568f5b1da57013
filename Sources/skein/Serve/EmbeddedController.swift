import ConfigAPI
import Controller
import Foundation
import HTTPService
import JSON
import Keystone
import Logging
import Model
import NeutronAPI
import SQLiteStore
import ServiceLifecycle
import StatusAPI
import Store

/// A controller in one process, with SQLite and a development token, for trying things out and for tests.
struct EmbeddedController {
    /// Where the database is; nil keeps it in memory.
    var databasePath: String?
    var address: String
    var neutronPort: Int
    var configPort: Int
    var statusPort: Int
    var consolePort: Int
    var token: String
    /// Of an ordinary member of another project; nil when there is none.
    var tenantToken: String?
    var logger: Logger

    func run() async throws {
        let store = try SQLiteStore(path: databasePath)
        let schema = try Schema.standard()
        let service = ConfigService(
            store: store, schema: schema, logger: logger, clock: ControllerProcess.now,
            recordsNotices: false,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        let readiness = Readiness { service.unreadiness }
        let validator = StaticTokenValidator(developmentToken: token, tenantToken: tenantToken)
        let console = try ConsoleAssembly.embedded(
            service: service, validator: validator, address: address, port: consolePort, statusPort: statusPort,
            logger: logger)
        let process = ControllerProcess(
            service: service, readiness: readiness, validator: validator,
            listeners: [
                .init(handler: NeutronHandler(service: service), address: address, port: neutronPort),
                .init(
                    handler: ConfigAPIHandler(service: service, schema: schema), address: address, port: configPort),
                .init(
                    handler: StatusHandler(
                        node: "embedded", service: service, broker: { .null },
                        services: { [.init(name: "skein-controller", state: .active)] }),
                    address: address, port: statusPort),
            ],
            others: [console, Welcome(service: service, text: welcome)], logger: logger, drainTime: .zero)
        try await process.run()
        await store.close()
    }

    /// What a person needs to use the controller.
    private var welcome: String {
        """
        Skein is ready; everything is kept in \(databasePath ?? "memory") and nothing is reachable from other machines.
          Neutron API   http://\(address):\(neutronPort)
          config API    http://\(address):\(configPort)
          status API    http://\(address):\(statusPort)/status
          console       http://\(address):\(consolePort)
          token         \(token)
        Try:
          curl -H 'X-Auth-Token: \(token)' http://\(address):\(neutronPort)/v2.0/networks
          openstack --os-auth-type admin_token --os-endpoint http://\(address):\(neutronPort) --os-token \(token) network list
        """
    }
}

/// Prints how to use the controller once it serves, and does nothing more.
private struct Welcome: Service {
    let service: ConfigService
    let text: String

    func run() async throws {
        while !(await service.replica.reached(Revision(1), within: .seconds(10))) { try Task.checkCancellation() }
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
        try await gracefulShutdown()
    }
}
