import ConfigAPI
import Controller
import Foundation
import HTTPService
import Keystone
import Logging
import Model
import SQLiteStore
import ServiceLifecycle
import Store
import Synchronization
import Testing
import Time

/// A config API of its own over a store in memory, without and with a network.
struct RunningConfigAPI {
    let handler: ConfigAPIHandler
    let service: ConfigService
    /// A token that administrators have.
    let token: String

    static let schema = Result { try Schema.standard() }

    /// Runs a controller, freshly started for the first time, as long as the body.
    static func run<Result>(_ body: (RunningConfigAPI) async throws -> Result) async throws -> Result {
        let schema = try schema.get()
        let service = ConfigService(
            store: try SQLiteStore(path: nil), schema: schema, logger: quiet,
            clock: { Timestamp(microseconds: Int(Date().timeIntervalSince1970 * 1_000_000)) }, recordsNotices: false,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        let api = RunningConfigAPI(
            handler: ConfigAPIHandler(service: service, schema: schema, keystoneURL: "http://keystone:5000/v3"),
            service: service, token: StaticTokenValidator.makeToken())
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            defer { group.cancelAll() }
            try #require(await service.replica.reached(Revision(1), within: .seconds(30)))
            return try await body(api)
        }
    }

    /// Serves on a port of the kernel's choice as long as the body, which gets the port.
    func listening<Result: Sendable>(_ body: @escaping @Sendable (Int) async throws -> Result) async throws -> Result {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = APIServer(
            handler: handler, validator: StaticTokenValidator(developmentToken: token),
            readiness: Readiness { nil }, gate: RequestGate(), address: "127.0.0.1", port: 0, logger: Self.quiet,
            onListening: { continuation.yield($0) })
        let group = ServiceGroup(services: [server], logger: Self.quiet)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let result = try await body(port)
            await group.triggerGracefulShutdown()
            return result
        }
    }

    private static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
