import AsyncHTTPClient
import Console
import Foundation
import HTTPService
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

/// The console on a real port: what the proxy and browsers meet.
@Suite struct ConsoleServerTests {
    /// Runs a server as long as the body; plain http on loopback.
    private func serve(
        _ cluster: FixedCluster, _ body: @Sendable @escaping (_ url: String, _ stop: ServiceGroup) async throws -> Void
    ) async throws {
        var logger = Logger(label: "console")
        logger.logLevel = .critical
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        let routes = try ConsoleRoutes(
            cluster: cluster, listing: FixedListing(), signIn: FixedSignIn(), signer: SessionSigner(),
            readiness: Readiness { nil },
            settings: .init(isSecure: false, interval: .milliseconds(10), signOfLife: .milliseconds(30), streamLimit: 1)
        )
        let server = try ConsoleServer(
            routes: routes, address: "127.0.0.1", port: 0, tls: nil, logger: logger,
            onListening: { started.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body("http://127.0.0.1:\(port)", group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func cookie(_ url: String) async throws -> String {
        var request = HTTPClientRequest(url: url + "/sign-in")
        request.method = .POST
        request.headers.add(name: "origin", value: url)
        request.body = .bytes(ByteBuffer(string: "user=ada&password=engine&project=admin&domain=Default"))
        let response = try await Self.client.execute(request, timeout: .seconds(10))
        #expect(response.status == .seeOther)
        return String(try #require(response.headers.first(name: "set-cookie")).prefix { $0 != ";" })
    }

    /// Redirects are what these tests look at.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))

    private func events(_ url: String, _ cookie: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + "/cluster/events")
        request.headers.add(name: "cookie", value: cookie)
        return try await Self.client.execute(request, timeout: .seconds(10))
    }

    /// Reads until the text has arrived.
    private func read(
        until text: String, _ iterator: inout HTTPClientResponse.Body.AsyncIterator
    ) async throws -> String {
        var received = ""
        while !received.contains(text) {
            received += String(buffer: try #require(try await iterator.next(), "the stream ended before \(text)"))
        }
        return received
    }

    @Test(.timeLimit(.minutes(1))) func changesArriveAsEvents() async throws {
        let cluster = FixedCluster()
        try await serve(cluster) { url, _ in
            let response = try await events(url, try await cookie(url))
            #expect(response.headers.first(name: "content-type") == "text/event-stream")
            var body = response.body.makeAsyncIterator()
            let first = try await read(until: "\n\n", &body)
            #expect(first.hasPrefix("event: state\n"))
            #expect(first.contains("data: <div class=\"summary ok\">"))
            _ = try await read(until: ": still here\n\n", &body)
            cluster.set(.degraded)
            _ = try await read(until: "2 of 3 controllers answer", &body)
        }
    }

    @Test(.timeLimit(.minutes(1))) func liveStreamsAreLimitedAndEndWithTheServer() async throws {
        try await serve(FixedCluster()) { url, group in
            let cookie = try await cookie(url)
            let first = try await events(url, cookie)
            var body = first.body.makeAsyncIterator()
            _ = try await read(until: "\n\n", &body)
            #expect(try await events(url, cookie).status == .serviceUnavailable)
            await group.triggerGracefulShutdown()
            while try await body.next() != nil {}
        }
    }
}
