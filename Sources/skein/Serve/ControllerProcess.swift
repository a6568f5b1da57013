import Controller
import Foundation
import HTTPService
import Keystone
import Logging
import Model
import ServiceLifecycle
import Store
import Time
import UnixSignals
import Watchdog

/// The services of one controller process, put together: the only place that knows all of them.
struct ControllerProcess {
    /// One API and where it listens.
    struct Listener {
        var handler: any APIHandler
        var address: String
        var port: Int
    }

    var service: ConfigService
    var readiness: Readiness
    var validator: any TokenValidator
    var listeners: [Listener]
    /// Services besides the APIs: publishers, collectors, the console.
    var others: [any Service]
    var logger: Logger
    /// How long the proxy has, after a stop was asked for, to notice that no request should come here any more.
    var drainTime: Duration

    /// Runs until SIGTERM or SIGINT, then stops in order: readiness goes first, then requests under way end, then the
    /// rest; at the latest after ``StopLimit/seconds``.
    func run() async throws {
        let stopLimit = StopLimit(logger: logger)
        defer { stopLimit.cancel() }
        let watchdog = NotifySocket.current.map { manager in
            Watchdog(
                parts: Watchdog.Part.controller(service), manager: manager, logger: logger,
                unreadiness: { [readiness] in readiness.unreadiness }
            ).start()
        }
        defer { watchdog?.cancel() }
        let gate = RequestGate(outage: { [service] in service.outage })
        var services: [any Service] = [service]
        services += others
        for listener in listeners {
            services.append(
                APIServer(
                    handler: listener.handler, validator: validator, readiness: readiness, gate: gate,
                    address: listener.address, port: listener.port, logger: logger))
        }
        services.append(Drain(readiness: readiness, time: drainTime))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    /// The time of day, for objects and notices.
    static func now() -> Timestamp {
        Timestamp(microseconds: Int(Date().timeIntervalSince1970 * 1_000_000))
    }
}

/// The first service to stop: tells the proxy, and gives it time to look.
private struct Drain: Service {
    let readiness: Readiness
    let time: Duration

    func run() async throws {
        try await gracefulShutdown()
        readiness.drain()
        try? await Task.sleep(for: time)
    }
}
