import Controller
import Glibc
import Hummingbird
import Keystone
import Logging
import NIOCore
import ServiceLifecycle

/// An API on an address of its own, until the service group stops it: requests under way end first.
package struct APIServer: Service {
    private let application: Application<APIResponder>
    private let place: String

    /// - Parameters:
    ///   - address: where to listen; port 0 lets the kernel choose.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        handler: any APIHandler, validator: any TokenValidator, readiness: Readiness, address: String, port: Int,
        logger: Logger, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        place = "the \(handler.name) API at \(address):\(port)"
        application = Application(
            responder: APIResponder(handler: handler, validator: validator, readiness: readiness, logger: logger),
            server: .http1(configuration: .init(idleTimeout: .seconds(300))),
            configuration: ApplicationConfiguration(
                address: .hostname(address, port: port), serverName: "skein-\(handler.name)", backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: logger)
    }

    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ServiceError(
                reason: "\(place): the port is in use by another process; stop it or choose another port")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            throw ServiceError(reason: "\(place): this machine does not have the address")
        }
    }
}
