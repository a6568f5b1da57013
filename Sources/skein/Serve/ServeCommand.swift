import ArgumentParser
import Foundation
import Keystone
import Logging

/// `skein serve`: runs a controller.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a controller.",
        discussion: """
            Without arguments a controller for trying things out: config API and Neutron API on loopback, SQLite in \
            memory, no outside process, and a development token that is printed. With --config it takes its place in a \
            cluster; `skein up` writes that file.
            """)

    @Option(help: "The cluster's configuration file, as `skein up` writes it.")
    var config: String?

    @Option(help: "Embedded: keep the database in this file instead of in memory.")
    var database: String?

    @Option(help: "Embedded: the address to listen on.")
    var address = "127.0.0.1"

    @Option(help: "Embedded: port of the Neutron API.")
    var neutronPort = 9696

    @Option(help: "Embedded: port of the config API.")
    var configPort = 8082

    @Option(help: "Embedded: port of the status API.")
    var statusPort = 8081

    @Option(help: "Embedded: port of the console.")
    var consolePort = 8143

    @Option(help: "Embedded: the development token; a new random one unless given.")
    var token: String?

    @Option(help: "Embedded: another token, of an ordinary member of a project of its own; none unless given.")
    var tenantToken: String?

    @Option(help: "Least important messages to log: debug, info, notice, warning or error.")
    var logLevel: String = "notice"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("--log-level takes debug, info, notice, warning or error, not \(logLevel)")
        }
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "skein")
        if let config {
            let configuration = try ClusterController.read(config)
            try await ClusterController(configuration: configuration, logger: logger).run()
            return
        }
        let token = token ?? StaticTokenValidator.makeToken()
        let controller = EmbeddedController(
            databasePath: database, address: address, neutronPort: neutronPort, configPort: configPort,
            statusPort: statusPort, consolePort: consolePort, token: token, tenantToken: tenantToken,
            logger: logger)
        try await controller.run()
    }
}
