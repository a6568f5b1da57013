import Hummingbird
import Keystone
import Logging
import NIOCore
import ServiceLifecycle

/// An API on an address of its own, until the service group stops it: requests under way end first.
package struct APIServer: Service {
    private let application: Application<APIResponder>

    /// - Parameters:
    ///   - address: where to listen; port 0 lets the kernel choose.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        handler: any APIHandler, validator: any TokenValidator, readiness: Readiness, address: String, port: Int,
        logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        application = Application(
            responder: APIResponder(handler: handler, validator: validator, readiness: readiness, logger: logger),
            server: .http1(configuration: .init(idleTimeout: .seconds(300))),
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port), serverName: "skein-\(handler.name)", backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    package func run() async throws {
        try await application.run()
    }
}
