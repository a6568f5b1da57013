import Controller
import Glibc
import Hummingbird
import HummingbirdCore
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
    ///   - gate: shared by the APIs of a controller.
    ///   - bodyTime: how long a request's body may take.
    ///   - onListening: called with the port once connections are accepted.
    package init(
        handler: any APIHandler, validator: any TokenValidator, readiness: Readiness, gate: RequestGate,
        address: String, port: Int, logger: Logger, bodyTime: TimeAmount = RequestBodyWatch.bodyTime,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        place = "the \(handler.name) API at \(address):\(port)"
        application = Application(
            responder: APIResponder(
                handler: handler, validator: validator, readiness: readiness, gate: gate, bodyTime: bodyTime,
                logger: logger),
            server: HTTPServerBuilder { responder in
                WatchedHTTPChannel(
                    http: HTTP1Channel(responder: responder, configuration: .init(idleTimeout: .seconds(300))),
                    bodyLimit: APIResponder.bodyLimit, bodyTime: bodyTime)
            },
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
