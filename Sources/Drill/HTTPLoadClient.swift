import AsyncHTTPClient
import FoundationEssentials
import JSON
import NIOCore
import NIOHTTP1

/// A plain HTTP client for loads and checks: one request is one attempt, with one deadline and no retries of its own, so
/// that what it records is what the installation did.
struct HTTPLoadClient: Sendable {
    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]

        /// The body as JSON; null when it is none.
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    }

    /// The largest body that is read, in bytes.
    static let bodyLimit = 64 << 20

    /// The connection that a request is sent on.
    enum Connection {
        /// One of its own, as that of a client that has just been started.
        case new
        /// One that an earlier request has left, as that of a client that runs for long; a new one when there is none.
        case kept
    }

    private let starting: HTTPClient
    private let lasting: HTTPClient

    /// - Parameter connections: kept open to each host at most; while a host does not answer, every request has its own.
    init(connections: Int = 1024) {
        // Each connection is closed after its request: two clients, so that none takes one that the other has kept.
        starting = Self.makeClient(connections)
        lasting = Self.makeClient(connections)
    }

    private static func makeClient(_ connections: Int) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        // A request's deadline ends with the answer's head; the connection may become silent after it.
        configuration.timeout.read = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // Shorter than the proxy keeps an idle connection (30 s): a request never meets the end of its connection.
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(configuration: configuration)
    }

    /// - Throws: whatever kept the answer from coming.
    func send(
        _ method: String, _ url: String, token: String?, body: JSONValue? = nil, seconds: Int64 = 10,
        on connection: Connection = .new
    ) async throws -> Answer {
        var request = Self.request(method, url, token: token, body: body?.bytes)
        if connection == .new { request.headers.add(name: "Connection", value: "close") }
        let client = connection == .new ? starting : lasting
        let response = try await client.execute(request, deadline: .now() + .seconds(seconds))
        let buffer = try await response.body.collect(upTo: Self.bodyLimit)
        return Answer(status: Int(response.status.code), body: Array(buffer.readableBytesView))
    }

    /// Sends a request on a connection of its own and reads its answer to the end, however long that is, without keeping
    /// it.
    ///
    /// - Returns: the status.
    /// - Throws: whatever kept the answer from coming, or its end.
    func drain(_ method: String, _ url: String, token: String, body: [UInt8], seconds: Int64) async throws -> Int {
        var request = Self.request(method, url, token: token, body: body.isEmpty ? nil : body)
        request.headers.add(name: "Connection", value: "close")
        let response = try await starting.execute(request, deadline: .now() + .seconds(seconds))
        for try await _ in response.body {}
        return Int(response.status.code)
    }

    private static func request(
        _ method: String, _ url: String, token: String?, body: [UInt8]?
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        request.headers.add(name: "Accept", value: "application/json")
        if let token { request.headers.add(name: "X-Auth-Token", value: token) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }

    /// Sends a request until it is answered as it should be, for what is not measured: an answer that is there counts,
    /// not how well it can be had just now.
    ///
    /// - Throws: ``DrillError`` after a minute, with the last reason; `CancellationError`.
    func persistently(
        _ method: String, _ url: String, token: String, body: JSONValue? = nil, expecting: Set<Int>
    ) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let reason: String
            do {
                let answer = try await send(method, url, token: token, body: body, seconds: 60)
                if expecting.contains(answer.status) { return answer }
                reason = "status \(answer.status), \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
            } catch {
                reason = "\(error)"
            }
            guard ContinuousClock.now < deadline else { throw DrillError("\(method) \(url): \(reason)") }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    func shutdown() async {
        try? await starting.shutdown()
        try? await lasting.shutdown()
    }
}
