import ConfigAPI
import Controller
import Foundation
import HTTPService
import JSON
import Keystone
import Logging
import Model
import SQLiteStore
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
    var token: String
    var logger: Logger

    func run() async throws {
        let store = try SQLiteStore(path: databasePath)
        let schema = try Schema.standard()
        let service = ConfigService(
            store: store, schema: schema, logger: logger, clock: ControllerProcess.now,
            recordsNotices: false,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        let readiness = Readiness { service.unreadiness }
        let process = ControllerProcess(
            service: service, readiness: readiness, validator: StaticTokenValidator(developmentToken: token),
            listeners: [
                .init(
                    handler: ConfigAPIHandler(service: service, schema: schema), address: address, port: configPort),
                .init(
                    handler: ConfigAPIHandler(service: service, schema: schema), address: address, port: configPort),
                .init(
                    handler: StatusHandler(
                        node: "embedded", service: service, broker: { .null },
                        services: { [.init(name: "skein-controller", state: .active)] }),
                    address: address, port: statusPort),
            ],
            others: [], logger: logger, drainTime: .zero)
        try await process.run()
        await store.close()
    }
}
