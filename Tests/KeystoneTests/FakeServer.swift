import Hummingbird
import HummingbirdTLS
import Keystone
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// Serves a ``FakeKeystone`` on a loopback port while a test runs.
struct FakeServer: Sendable {
    let keystone: FakeKeystone
    let port: Int
    let scheme: String

    var url: String { "\(scheme)://127.0.0.1:\(port)/v3" }

    private struct Responder: HTTPResponder {
        let keystone: FakeKeystone

        func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
            try await keystone.respond(to: request)
        }
    }

    /// Runs the server as long as the body.
    ///
    /// - Parameter port: 0 lets the kernel choose.
    @discardableResult
    static func run<Result: Sendable>(
        _ keystone: FakeKeystone = FakeKeystone(), port: Int = 0, tls: TLSConfiguration? = nil,
        _ body: @Sendable @escaping (FakeServer) async throws -> Result
    ) async throws -> Result {
        var logger = Logger(label: "fake-keystone")
        logger.logLevel = .critical
        let (running, started) = AsyncStream.makeStream(of: Int.self)
        let configuration = ApplicationConfiguration(address: .hostname("127.0.0.1", port: port))
        let responder = Responder(keystone: keystone)
        let onServerRunning: @Sendable (any Channel) async -> Void = { started.yield($0.localAddress?.port ?? 0) }
        let application: any Service =
            if let tls {
                Application(
                    responder: responder, server: try .tls(.http1(), tlsConfiguration: tls),
                    configuration: configuration, onServerRunning: onServerRunning, logger: logger)
            } else {
                Application(
                    responder: responder, configuration: configuration, onServerRunning: onServerRunning,
                    logger: logger)
            }
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { started.finish() }
                try await group.run()
            }
            var ports = running.makeAsyncIterator()
            guard let port = await ports.next() else {
                try await tasks.next()
                throw CancellationError()
            }
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(
                    try await body(FakeServer(keystone: keystone, port: port, scheme: tls == nil ? "http" : "https")))
            } catch {
                outcome = .failure(error)
            }
            await keystone.set(fault: .none)
            tasks.cancelAll()
            return try outcome.get()
        }
    }
}
